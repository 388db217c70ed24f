import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from './en'
import zh from './zh-CN'

function leaves(messages: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(messages)) {
    if (typeof value === 'string') found.set(prefix + name, value)
    else for (const [key, text] of leaves(value as object, `${prefix}${name}.`)) found.set(key, text)
  }
  return found
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['i18n', 'types', 'rules', 'guardian'].includes(entry.name) ? [] : sources(path)
    return /\.(vue|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

const chinese = leaves(zh)
const english = leaves(en)
const src = join(import.meta.dirname, '..')

describe('messages', () => {
  it('are there in both languages', () => {
    const translated = [...english.keys()].filter((key) => !/^(codes|exactly)\./.test(key))
    expect(translated.sort()).toEqual([...chinese.keys()].sort())
  })

  it('name the same things in both languages', () => {
    const named = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()
    for (const [key, text] of chinese) expect(named(english.get(key)!), key).toEqual(named(text))
  })

  it('of codes stand for themselves: nothing is filled in, braces are quoted', () => {
    for (const [key, text] of english) {
      if (key.startsWith('codes.')) expect(text.replace(/\{'[^']*'\}/g, ''), key).not.toMatch(/[{}@|]/)
    }
  })

  it('that say more than a code fill something in, and have the code to fall back on', () => {
    const exact = [...english].filter(([key]) => key.startsWith('exactly.'))
    expect(exact.length).toBeGreaterThan(10)
    for (const [key, text] of exact) {
      expect(text.match(/\{(\w+)\}/g), key).not.toBeNull()
      expect(english.has(key.replace('exactly.', 'codes.')), key).toBe(true)
    }
  })

  it('exist for every key the pages use', () => {
    for (const path of sources(src)) {
      for (const [, key] of readFileSync(path, 'utf-8').matchAll(/\bt\(\s*'([\w.]+)'/g)) {
        expect(chinese.has(key!), `${key} in ${path}`).toBe(true)
      }
    }
  })

  it('are nowhere hard-coded', () => {
    for (const path of sources(src)) {
      const code = readFileSync(path, 'utf-8')
        .replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\//g, '')
        .replace(/^\s*\/\/.*$/gm, '')
        .replace(/'中文'|〇/g, '')
      expect(/\p{Script=Han}|[\u3000-\u303f\uff01-\uff60]/u.exec(code)?.[0], path).toBeUndefined()
    }
  })
})
