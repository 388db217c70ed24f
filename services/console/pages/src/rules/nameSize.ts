/** How large a name can be written on a line: pure arithmetic, since paper cannot be measured before it is printed. */

// Of a Chinese character's width; the dot between the parts of a name is as wide as one.
const WIDTHS: readonly [RegExp, number][] = [
  [/[A-Z\u00c0-\u00de]/, 0.75],
  [/[\u0020-\u00b6\u00b8-\u024f]/, 0.6],
]

/** In widths of a Chinese character; a rare one of two code units counts once. */
export function nameWidth(name: string): number {
  let width = 0
  for (const letter of name) width += WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? 1
  return width
}

/** The largest size, between `least` and `most`, at which the name fits `lines` lines of `room`; all in millimetres. */
export function nameSize(name: string, room: number, most: number, least: number): { size: number; lines: 1 | 2 } {
  const width = Math.max(1, nameWidth(name))
  const one = room / width
  if (one >= least) return { size: Math.min(most, one), lines: 1 }
  // A line ends up to one character early, since none is cut.
  return { size: Math.min(least, (2 * room) / (width + 2)), lines: 2 }
}
