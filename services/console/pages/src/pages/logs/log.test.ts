import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@/i18n/en'
import zh from '@/i18n/zh-CN'
import { FACTS, sentenceOf, type LogEntry } from './log'

/** Every fact the services publish, as `entity.fact`, but for those that only repeat others: all are in the log's list. */
function published(): string[] {
  const contract = readFileSync(join(import.meta.dirname, '../../../../../../docs/events/asyncapi.json'), 'utf8')
  const { components } = JSON.parse(contract) as { components: { messages: Record<string, { name: string; tags?: { name: string }[] }> } }
  const single = Object.values(components.messages).filter(({ tags }) => !tags?.some((tag) => tag.name === 'repeats'))
  return single.map(({ name }) => name.replace(/\.v\d+$/, ''))
}

describe('the facts to search for', () => {
  it('are those that are published', () => {
    const offered = Object.entries(FACTS).flatMap(([entity, facts]) => facts.map((fact) => `${entity}.${fact}`))
    expect(offered.sort()).toEqual(published().sort())
  })

  it.each([
    ['Chinese', zh.log],
    ['English', en.log],
  ])('have a word each in %s', (_, { entities, facts }: { entities: object; facts: object }) => {
    const nameless = published().filter((name) => {
      const [entity, fact] = name.split('.') as [string, string]
      return !(entity in entities) || !(fact in facts || `${entity}_${fact}` in facts)
    })
    expect(nameless).toEqual([])
  })
})

function entry(summary: string, batch_no: string | null): LogEntry {
  return { summary, batch_no } as LogEntry
}

describe('sentenceOf', () => {
  it.each([
    ['系统为读者萧*霖办理了读者证500103260000012（批次1795613878082079986）', '系统为读者萧*霖办理了读者证500103260000012'],
    ['teacher-a 新增了读者萧*霖（5002**********9980）（批次1795613878082079986）', 'teacher-a 新增了读者萧*霖（5002**********9980）'],
    ['the system issued card 500103260000012 (batch 1795613878082079986)', 'the system issued card 500103260000012'],
    ['nothing of a batch', 'nothing of a batch'],
  ])('leaves out the batch that stands beside it: %s', (summary, said) => {
    expect(sentenceOf(entry(summary, '1795613878082079986'))).toBe(said)
  })

  it('changes nothing without a batch', () => {
    expect(sentenceOf(entry('新增了年级（123）', null))).toBe('新增了年级（123）')
  })
})
