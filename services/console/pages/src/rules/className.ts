/** Class names: how one is shown, and texts as schools write them, taken apart to propose a new class. */

export interface NamedClass {
  grade: string
  name: string
}

/** `三年级1班`, as schools say it, also where the class's own name says the grade; "" for none. */
export function placeOf(item: { grade_name?: string | null; class_name?: string | null }): string {
  const grade = item.grade_name ?? ''
  const name = item.class_name ?? ''
  return name.startsWith(grade) ? name : `${grade}${name}`
}

const GRADE = /^(.*?(?:年级|高中?[一二三]|初中?[一二三]|小学?[一二三四五六]|[托小中大]班|学前班))\s*(.+)$/
const NUMBERED = /^[([（【]?\s*([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*[)\]）】]?\s*班?$/

/** `三年级(1)班` → 三年级, 1班; "" for a grade the text does not tell. The teacher has the last word. */
export function proposeClass(text: string, gradeText: string): NamedClass {
  const found = GRADE.exec(text.trim())
  const grade = gradeText.trim() || found?.[1]?.trim() || ''
  const rest = found && (gradeText.trim() === '' || found[1] === gradeText.trim()) ? found[2]! : text.trim()
  return { grade, name: tidied(rest) }
}

function tidied(name: string): string {
  const number = NUMBERED.exec(name)?.[1]
  return number ? `${number}班` : name
}
