/** The guardians' pages: `/g/<token>` behind a school's QR code, `/g/receipt/<code>` for what was sent. */
import { openReceipt } from './receipt'
import { openForm } from './registering'

const [, , first, second] = location.pathname.split('/')

if (first === 'receipt') void openReceipt(decodeURIComponent(second || ''))
else void openForm(decodeURIComponent(first || ''))
