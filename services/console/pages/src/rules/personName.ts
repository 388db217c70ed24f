/** Names of people: 1 to 50 letters of any script with inner dots, blanks, - ' and . */

export function cleanName(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/(?<=\p{Script=Han})\s*[•‧∙⋅・･．‣●]\s*(?=\p{Script=Han})/gu, '·')
    .replace(/(?<=\p{Script=Han})\s+(?=\p{Script=Han})/gu, '')
}

export function isName(name: string): boolean {
  return /^[\p{L}\p{M}\p{Nl}· '’.〇-]{1,100}$/u.test(name) && /\p{L}/u.test(name) && [...name].length <= 50
}
