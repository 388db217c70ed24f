/** A field to sign in with a finger, a pen or a mouse. */
import { h } from './dom'

const WIDTH = 640
const HEIGHT = 280
const FEWEST_POINTS = 12

export class SignaturePad {
  /** Called when the first stroke is long enough to be a signature, and when all is wiped out. */
  changed: () => void = () => undefined
  readonly canvas: HTMLCanvasElement
  private readonly pen: CanvasRenderingContext2D
  private points = 0
  private last: { x: number; y: number } | null = null

  constructor() {
    this.canvas = h('canvas', { width: WIDTH, height: HEIGHT, class: 'pad', role: 'img' }) as HTMLCanvasElement
    this.pen = this.canvas.getContext('2d')!
    this.wipe()
    if ('PointerEvent' in window) {
      this.listen('pointerdown', 'pointermove', ['pointerup', 'pointercancel', 'pointerleave'])
    } else {
      // Web views of 2017 without pointer events.
      this.listen('touchstart', 'touchmove', ['touchend', 'touchcancel'])
      this.listen('mousedown', 'mousemove', ['mouseup', 'mouseleave'])
    }
  }

  get isSigned(): boolean {
    return this.points >= FEWEST_POINTS
  }

  clear(): void {
    this.wipe()
    this.changed()
  }

  private wipe(): void {
    this.pen.fillStyle = '#fff'
    this.pen.fillRect(0, 0, WIDTH, HEIGHT)
    this.pen.lineWidth = 5
    this.pen.lineCap = 'round'
    this.pen.lineJoin = 'round'
    this.pen.strokeStyle = '#10294a'
    this.points = 0
    this.last = null
  }

  /** The picture as base64 of a PNG. */
  picture(): string {
    return this.canvas.toDataURL('image/png').split(',')[1]!
  }

  private listen(down: string, move: string, ends: string[]): void {
    this.canvas.addEventListener(down, (event) => this.draw(event, true))
    this.canvas.addEventListener(move, (event) => this.draw(event, false))
    for (const end of ends) this.canvas.addEventListener(end, () => (this.last = null))
  }

  private draw(event: Event, isStart: boolean): void {
    if (!isStart && this.last === null) return
    event.preventDefault()
    const at = this.place(event)
    this.pen.beginPath()
    this.pen.moveTo(this.last === null ? at.x : this.last.x, this.last === null ? at.y : this.last.y)
    this.pen.lineTo(at.x + 0.1, at.y)
    this.pen.stroke()
    this.last = at
    this.points += 1
    if (this.points === FEWEST_POINTS) this.changed()
  }

  private place(event: Event): { x: number; y: number } {
    const touch = 'touches' in event ? (event as TouchEvent).touches[0]! : (event as MouseEvent)
    const box = this.canvas.getBoundingClientRect()
    return {
      x: ((touch.clientX - box.left) * WIDTH) / box.width,
      y: ((touch.clientY - box.top) * HEIGHT) / box.height,
    }
  }
}
