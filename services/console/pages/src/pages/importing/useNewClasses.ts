/** Classes a file names and the school does not have yet: made on the way, with their grades. */
import { onceHeader, params, unwrap } from '@/api/client'
import { randomKey } from '@/api/idempotency'
import type { NamedClass } from '@/rules/className'
import type { Grade, SchoolClass } from '@/state/classes'

export interface Catalogue {
  grades: { value: Grade[] }
  classes: { value: SchoolClass[] }
  load: () => Promise<void>
}

/** Ids of the classes in the order asked for; those that are there already are taken as they are. Throws ApiProblem. */
export async function ensureClasses(wanted: readonly NamedClass[], { grades, classes, load }: Catalogue): Promise<string[]> {
  await load()
  const gradeIds = new Map(grades.value.map((grade) => [grade.name, grade.id]))
  const classIds = new Map(classes.value.map((item) => [`${item.grade_id}\n${item.name}`, item.id]))
  const found: string[] = []
  // One after the other: their order in the file is the order in which they will be listed.
  for (const { grade, name } of wanted) {
    let gradeId = gradeIds.get(grade)
    if (gradeId === undefined) {
      const body = { name: grade, disabled: false, sort_order: gradeIds.size + 1, remark: '' }
      gradeId = (await unwrap(params.POST('/api/params/grades', { body, ...onceHeader(randomKey()) }))).id
      gradeIds.set(grade, gradeId)
    }
    const key = `${gradeId}\n${name}`
    let classId = classIds.get(key)
    if (classId === undefined) {
      const sort_order = [...classIds.keys()].filter((one) => one.startsWith(`${gradeId}\n`)).length + 1
      const body = { grade_id: gradeId, name, disabled: false, sort_order, remark: '' }
      classId = (await unwrap(params.POST('/api/params/classes', { body, ...onceHeader(randomKey()) }))).id
      classIds.set(key, classId)
    }
    found.push(classId)
  }
  await load()
  return found
}
