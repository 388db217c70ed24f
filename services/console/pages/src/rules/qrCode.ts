/**
 * QR codes (ISO/IEC 18004) of up to 17 digits: version 1, numeric mode, level H, which bears a third of it being dirty.
 * A card number has 15 digits; nothing larger is needed, so nothing larger is here.
 */

export const SIZE = 21
const MOST_DIGITS = 17
const DATA_WORDS = 9
const CHECK_WORDS = 17
const LEVEL_H = 2

/** `modules[y][x]`: dark or not; four light modules all around are the caller's. Throws RangeError. */
export function modules(digits: string): boolean[][] {
  const words = withCheck(dataWords(digits))
  let best: boolean[][] | null = null
  let least = Infinity
  for (let mask = 0; mask < 8; mask += 1) {
    const drawn = draw(words, mask)
    const found = penalty(drawn)
    if (found < least) [best, least] = [drawn, found]
  }
  return best!
}

/** An SVG path of the dark modules, in units of modules. */
export function path(digits: string): string {
  let drawn = ''
  modules(digits).forEach((row, y) => {
    for (let x = 0; x < SIZE; x += 1) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x += 1
      drawn += `M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`
    }
  })
  return drawn
}

function dataWords(digits: string): number[] {
  if (!/^\d+$/.test(digits) || digits.length > MOST_DIGITS) throw new RangeError('up to 17 digits')
  let bits = '0001' + binary(digits.length, 10)
  for (let at = 0; at < digits.length; at += 3) {
    const group = digits.slice(at, at + 3)
    bits += binary(Number(group), [0, 4, 7, 10][group.length]!)
  }
  bits += '0'.repeat(Math.min(4, DATA_WORDS * 8 - bits.length))
  bits += '0'.repeat((8 - (bits.length % 8)) % 8)
  const words: number[] = []
  for (let at = 0; at < bits.length; at += 8) words.push(parseInt(bits.slice(at, at + 8), 2))
  for (let pad = 0xec; words.length < DATA_WORDS; pad ^= 0xec ^ 0x11) words.push(pad)
  return words
}

function binary(value: number, length: number): string {
  return value.toString(2).padStart(length, '0')
}

/** Reed-Solomon over GF(256) with x⁸+x⁴+x³+x²+1: data words, then the remainder of their division. */
function withCheck(data: number[]): number[] {
  let generator = [1]
  for (let at = 0, root = 1; at < CHECK_WORDS; at += 1, root = times(root, 2)) {
    generator = [...generator, 0].map((value, place) => value ^ times(place > 0 ? generator[place - 1]! : 0, root))
  }
  const rest = [...data, ...new Array<number>(CHECK_WORDS).fill(0)]
  for (let at = 0; at < data.length; at += 1) {
    const factor = rest[at]!
    for (let place = 0; place < generator.length; place += 1) rest[at + place]! ^= times(generator[place]!, factor)
  }
  return [...data, ...rest.slice(data.length)]
}

function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product >> 7 ? 0x11d : 0)
    if ((b >> bit) & 1) product ^= a
  }
  return product
}

function draw(words: number[], mask: number): boolean[][] {
  const dark: (boolean | undefined)[][] = Array.from({ length: SIZE }, () => new Array<undefined>(SIZE).fill(undefined))
  drawPatterns(dark)
  drawFormat(dark, mask)
  let bit = 0
  for (let right = SIZE - 1; right > 0; right -= 2) {
    // The timing column is nobody's.
    if (right === 6) right = 5
    const goesUp = ((right + 1) & 2) === 0
    for (let step = 0; step < SIZE; step += 1) {
      const y = goesUp ? SIZE - 1 - step : step
      for (const x of [right, right - 1]) {
        if (dark[y]![x] !== undefined) continue
        dark[y]![x] = ((words[bit >> 3]! >> (7 - (bit & 7))) & 1) === 1 !== isMasked(mask, x, y)
        bit += 1
      }
    }
  }
  return dark as boolean[][]
}

function drawPatterns(dark: (boolean | undefined)[][]): void {
  for (let at = 0; at < SIZE; at += 1) dark[6]![at] = dark[at]![6] = at % 2 === 0
  for (const [left, top] of [[0, 0], [SIZE - 7, 0], [0, SIZE - 7]] as const) {
    for (let dy = -1; dy <= 7; dy += 1) {
      for (let dx = -1; dx <= 7; dx += 1) {
        const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3))
        const row = dark[top + dy]
        if (row !== undefined && left + dx >= 0 && left + dx < SIZE) row[left + dx] = ring !== 2 && ring !== 4
      }
    }
  }
}

function drawFormat(dark: (boolean | undefined)[][], mask: number): void {
  const data = (LEVEL_H << 3) | mask
  let rest = data
  for (let at = 0; at < 10; at += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537)
  const bits = ((data << 10) | rest) ^ 0x5412
  for (let at = 0; at < 15; at += 1) {
    const isDark = ((bits >> at) & 1) === 1
    if (at < 6) dark[at]![8] = isDark
    else if (at < 8) dark[at + 1]![8] = isDark
    else if (at === 8) dark[8]![7] = isDark
    else dark[8]![14 - at] = isDark
    if (at < 8) dark[8]![SIZE - 1 - at] = isDark
    else dark[SIZE - 15 + at]![8] = isDark
  }
  dark[SIZE - 8]![8] = true
}

function isMasked(mask: number, x: number, y: number): boolean {
  switch (mask) {
    case 0:
      return (x + y) % 2 === 0
    case 1:
      return y % 2 === 0
    case 2:
      return x % 3 === 0
    case 3:
      return (x + y) % 3 === 0
    case 4:
      return (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0
    case 5:
      return ((x * y) % 2) + ((x * y) % 3) === 0
    case 6:
      return (((x * y) % 2) + ((x * y) % 3)) % 2 === 0
    default:
      return (((x + y) % 2) + ((x * y) % 3)) % 2 === 0
  }
}

/** How ill the symbol reads: long runs, blocks, what looks like a finder, too much of one colour. */
function penalty(dark: boolean[][]): number {
  const rows = dark.map((row) => row.map((one) => (one ? '1' : '0')).join(''))
  const columns = rows.map((_, x) => rows.map((row) => row[x]).join(''))
  let sum = 0
  for (const line of [...rows, ...columns]) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2
    for (let at = 0; at + 11 <= SIZE; at += 1) {
      const part = line.slice(at, at + 11)
      if (part === '10111010000' || part === '00001011101') sum += 40
    }
  }
  let all = 0
  for (let y = 0; y < SIZE; y += 1) {
    for (let x = 0; x < SIZE; x += 1) {
      const one = rows[y]![x]
      if (one === '1') all += 1
      if (one === rows[y]![x + 1] && one === rows[y + 1]?.[x] && one === rows[y + 1]?.[x + 1]) sum += 3
    }
  }
  return sum + 10 * Math.floor(Math.abs((all * 100) / (SIZE * SIZE) - 50) / 5)
}
