import { describe, expect, it } from 'vitest'
import { checkCharacter } from '@/rules/residentId'
import type { Reader } from './reader'
import { bornOf, changeOf, createOf, emptyForm, faultsOf, formOf } from './readerForm'

const today = new Date('2026-09-01T00:00:00+08:00')
const body = '50010320150309998'
const number = body + checkCharacter(body)

const reader = {
  id: 'r', school_id: 's', district: '500103', grade_id: 'g', class_id: 'c', grade_name: '三年级', class_name: '1班',
  name: '王小明', id_number: `5001**********${number.slice(14)}`, phone: '138****8000',
  guardian_name: '王大明', guardian_phone: '139****9000', home_district: '500103', home_district_name: '渝中区',
  wanted_card_no: null, card_no: null, status: 'pending', reason_code: null, reason: null, version: 1,
  consent: 'none', created_at: '', updated_at: '',
} as Reader

const full = { id: 'r', id_number: number, phone: '13800138000', guardian_phone: '13900139000' }

describe('the form of a reader', () => {
  it('names every field that is missing', () => {
    const faults = faultsOf(emptyForm(), false, today)
    const wrong = Object.entries(faults).filter(([, fault]) => fault !== null).map(([field]) => field)
    expect(wrong).toEqual(['grade_id', 'class_id', 'id_number', 'name', 'phone', 'home_district'])
  })

  it('says of what is missing that it is missing, not that it is wrong', () => {
    const faults = faultsOf(emptyForm(), false, today)
    expect([faults.grade_id?.key, faults.name?.key, faults.phone?.key]).toEqual(['readerForm.needGrade', 'readerForm.needName', 'readerForm.needPhone'])
    expect(faultsOf({ ...emptyForm(), name: '张3', phone: '138' }, false, today)).toMatchObject({ name: { key: 'readerForm.badName' }, phone: { key: 'readerForm.badPhone' } })
  })

  it('shows the birth date while the number is typed', () => {
    expect(bornOf({ ...emptyForm(), id_number: number.slice(0, 14) }, today)).toEqual({ born: '2015-03-09', age: 11 })
    expect(bornOf({ ...emptyForm(), id_number: number.slice(0, 12) }, today)).toBeNull()
  })

  it('cleans what is sent', () => {
    const form = { ...emptyForm(), id_number: ` ${number.toLowerCase()}`, name: ' 王 小明', phone: '+86 138-0013-8000', home_district: '500103' }
    expect(createOf(form)).toMatchObject({ id_number: number, name: '王小明', phone: '13800138000', class_id: null, card_no: null })
  })
})

describe('a change', () => {
  it('leaves masked fields alone that were not shown', () => {
    expect(changeOf({ ...formOf(reader, null), name: '王晓明' }, reader, null)).toEqual({ name: '王晓明' })
    expect(faultsOf(formOf(reader, null), true, today).id_number).toBeNull()
  })

  it('can empty what was shown', () => {
    const form = { ...formOf(reader, full), guardian_phone: '', guardian_name: '' }
    expect(changeOf(form, reader, full)).toEqual({ guardian_phone: '', guardian_name: '' })
  })

  it('sends nothing when nothing changed', () => {
    expect(changeOf(formOf(reader, full), reader, full)).toEqual({})
  })
})
