/** The card on a phone: its number in full, as bars and as a QR code, to be held under a library's scanner. */
import { bars } from '@/rules/code128'
import { SIZE, path } from '@/rules/qrCode'
import { h } from './dom'
import { t } from './words'

const SVG = 'http://www.w3.org/2000/svg'
// Scanners need so many modules of nothing at the sides.
const QUIET_BARS = 10
const QUIET_QR = 4

export function cardOf(cardNo: string): HTMLElement {
  const code = bars(cardNo)
  return h(
    'section',
    { class: 'panel card', 'data-test': 'card' },
    h('h2', {}, t('card')),
    picture('bars', `-${QUIET_BARS} 0 ${code.width + 2 * QUIET_BARS} 1`, code.path, t('cardBars'), true),
    h('p', { class: 'number', 'data-test': 'card-no' }, cardNo),
    picture('qr', `-${QUIET_QR} -${QUIET_QR} ${SIZE + 2 * QUIET_QR} ${SIZE + 2 * QUIET_QR}`, path(cardNo), t('cardQr'), false),
    h('p', { class: 'muted' }, t('cardHint')),
  )
}

function picture(kind: string, viewBox: string, drawn: string, label: string, stretched: boolean): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  const attributes: Record<string, string> = { class: kind, viewBox, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' }
  if (stretched) attributes.preserveAspectRatio = 'none'
  for (const name of Object.keys(attributes)) svg.setAttribute(name, attributes[name]!)
  const shape = document.createElementNS(SVG, 'path')
  shape.setAttribute('d', drawn)
  svg.appendChild(shape)
  return svg
}
