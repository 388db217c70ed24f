import { describe, expect, it } from 'vitest'
import { SIZE, modules, path } from './qrCode'

// As another encoder draws it (segno 1.6, version 1-H, the same mask).
const DRAWN = [
  '#######..#..#.#######',
  '#.....#..#.#..#.....#',
  '#.###.#.###.#.#.###.#',
  '#.###.#.#####.#.###.#',
  '#.###.#...##..#.###.#',
  '#.....#..#.#..#.....#',
  '#######.#.#.#.#######',
  '.........#..#........',
  '...##.##.##......##..',
  '##..#...##..##..#.#.#',
  '..###.#..##..###..###',
  '.##....#..#####.##.##',
  '..#...#.#.##..###.#..',
  '........#.#..#####..#',
  '#######.#..##....##.#',
  '#.....#..##.#...#.##.',
  '#.###.#.####.#.#.##.#',
  '#.###.#.#..#....#.#..',
  '#.###.#..###..#######',
  '#.....#..#.####...#.#',
  '#######......####.##.',
]

describe('QR codes', () => {
  it('are drawn as others draw them', () => {
    expect(modules('500103260000015').map((row) => row.map((dark) => (dark ? '#' : '.')).join(''))).toEqual(DRAWN)
  })

  it('are the same as a path', () => {
    const dark = DRAWN.map(() => new Array<boolean>(SIZE).fill(false))
    for (const [, x, y, width] of path('500103260000015').matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let at = 0; at < Number(width); at += 1) dark[Number(y)]![Number(x) + at] = true
    }
    expect(dark).toEqual(modules('500103260000015'))
  })

  it.each(['', '12a', '123456789012345678'])('take no %s', (digits) => {
    expect(() => modules(digits)).toThrow(RangeError)
  })
})
