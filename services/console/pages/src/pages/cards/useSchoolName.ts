/** The names of cards' schools: of those one sees, or one's own. */
import { currentUser } from '@/state/me'
import { useSchoolNames } from '@/state/schools'

/** `shown`: the schools that are to be named. */
export function useSchoolName(shown: () => Iterable<string>): (schoolId: string) => string {
  const schools = useSchoolNames(shown)
  return (schoolId) => (currentUser.value?.school_id === schoolId ? currentUser.value.school_name : schools.get(schoolId)) ?? ''
}
