/** What grades and classes have in common. */
export interface Param {
  id: string
  name: string
  disabled: boolean
  sort_order: number
  remark: string
  version: number
  readers: number
  classes?: number
  grade_disabled?: boolean
}

/** What is typed in the dialog. */
export interface ParamForm {
  grade_id: string
  name: string
  disabled: boolean
  sort_order: number
  remark: string
}
