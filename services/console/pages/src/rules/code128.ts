/**
 * Code 128 (ISO/IEC 15417) of digits: pairs in code set C, an odd last digit in code set B.
 */

const START_C = 105
const TO_B = 100
const STOP = 106

// Widths of bars and spaces in turn, in modules; the stop has a bar more.
const PATTERNS = (
  '212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 ' +
  '123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 ' +
  '232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 ' +
  '313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 ' +
  '111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 ' +
  '111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 ' +
  '114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112'
).split(' ')

/** Values of the symbol's characters, with start, check and stop. Throws RangeError for what is not digits. */
export function symbols(digits: string): number[] {
  if (!/^\d{2,}$/.test(digits)) throw new RangeError('Code 128 in pairs takes two digits or more')
  const values = [START_C]
  const paired = digits.length - (digits.length % 2)
  for (let at = 0; at < paired; at += 2) values.push(Number(digits.slice(at, at + 2)))
  // Code set B holds a digit at its ASCII code less 32.
  if (paired < digits.length) values.push(TO_B, digits.charCodeAt(paired) - 32)
  const check = values.reduce((sum, value, at) => sum + value * Math.max(1, at), 0) % 103
  return [...values, check, STOP]
}

/** Widths in modules, a bar first, then in turn. */
export function widths(digits: string): number[] {
  return symbols(digits)
    .map((value) => PATTERNS[value]!)
    .join('')
    .split('')
    .map(Number)
}

/** An SVG path of the bars, one unit high, and how many modules it is wide; the quiet zones are the caller's. */
export function bars(digits: string): { path: string; width: number } {
  let path = ''
  let x = 0
  widths(digits).forEach((width, at) => {
    if (at % 2 === 0) path += `M${x} 0h${width}v1h-${width}z`
    x += width
  })
  return { path, width: x }
}
