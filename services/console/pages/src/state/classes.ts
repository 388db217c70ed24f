/** Grades and classes of a school, for choosing and for naming. */
import { computed, onMounted, shallowRef, watch } from 'vue'
import { allPages, params, unwrap } from '@/api/client'
import type { components } from '@/api/types/params'
import { isSchool } from './me'

export type Grade = components['schemas']['Grade']
export type SchoolClass = components['schemas']['SchoolClass']

/**
 * Those of one's own school, or of `schoolId` for districts and the city, who have none before they have chosen one.
 * `load` asks anew.
 */
export function useClasses(schoolId: () => string | null = () => null) {
  const grades = shallowRef<Grade[]>([])
  const classes = shallowRef<SchoolClass[]>([])
  let shown: string | null = null
  let latest = 0

  async function load(): Promise<void> {
    const asked = ++latest
    const school = schoolId()
    if (school !== shown) {
      shown = school
      grades.value = []
      classes.value = []
    }
    if (school === null && !isSchool.value) return
    const narrowed = school === null ? {} : { school_id: school }
    const [foundGrades, foundClasses] = await Promise.all([
      allPages((page, page_size) =>
        unwrap(params.GET('/api/params/grades', { params: { query: { page, page_size, ...narrowed } } })),
      ),
      allPages((page, page_size) =>
        unwrap(params.GET('/api/params/classes', { params: { query: { page, page_size, ...narrowed } } })),
      ),
    ])
    if (asked !== latest) return
    grades.value = foundGrades
    classes.value = foundClasses
  }

  const byGrade = computed(() => {
    const found = new Map<string, SchoolClass[]>()
    for (const item of classes.value) {
      const others = found.get(item.grade_id)
      if (others) others.push(item)
      else found.set(item.grade_id, [item])
    }
    return found
  })

  return { grades, classes, byGrade, load }
}

/** For the selects of a search: of the school that is searched in, whoever has set it. */
export function useSchoolClasses(form: { school_id: string; grade_id: string; class_id: string }) {
  const { grades, byGrade, load } = useClasses(() => form.school_id || null)

  /** By hand: another school's grade and class would find nothing. */
  function chooseSchool(id: string): void {
    Object.assign(form, { school_id: id, grade_id: '', class_id: '' })
  }

  watch(
    () => form.school_id,
    () => void load(),
  )
  onMounted(() => {
    if (isSchool.value) void load()
  })

  return { grades, byGrade, load, chooseSchool }
}
