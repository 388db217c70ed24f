import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from './i18n/en'
import zh from './i18n/zh-CN'
import { formatMoment } from './words'

const sources = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(import.meta.dirname, name), 'utf-8'))

describe("the guardians' words", () => {
  it('are there in both languages', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })

  it('say moments to the minute, as it is in Chongqing', () => {
    expect(formatMoment('2026-11-29T02:34:13Z')).toBe('2026/11/29 10:34')
  })

  it('are nowhere hard-coded', () => {
    for (const source of sources) {
      const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
      expect(/\p{Script=Han}/u.exec(code)?.[0]).toBeUndefined()
    }
  })
})
