/** Short words at the top of the page, and questions before what cannot be undone. */
import { ElMessage, ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'
import { i18n } from './i18n'

export function tellDone(text: string): void {
  ElMessage({ type: 'success', message: text, duration: 4000, showClose: true })
}

export function tellFailed(text: string): void {
  ElMessage({ type: 'error', message: text, duration: 10_000, showClose: true })
}

/** True when the user says yes. */
export async function confirmed(title: string, text: string, yes: string, isDanger = false): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: yes,
      cancelButtonText: i18n.global.t('dialog.cancel'),
      confirmButtonClass: isDanger ? 'el-button--danger' : '',
      closeOnClickModal: false,
    })
    return true
  } catch (reason) {
    if (reason === 'cancel' || reason === 'close') return false
    throw reason
  }
}
