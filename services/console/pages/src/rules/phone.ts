/** Mobile and landline phones, checked while they are typed; the service has the last word. */

export function cleanPhone(text: string): string {
  const bare = text.normalize('NFKC').replace(/[\s()]/g, '')
  const mobile = bare.replace(/[-\u2010-\u2015\u2212]/g, '').replace(/^(\+86|0086|86(?=1[3-9]))/, '')
  return /^1[3-9]\d{9}$/.test(mobile) ? mobile : bare
}

export function isPhone(number: string): boolean {
  return (
    /^1[3-9]\d{9}$/.test(number) ||
    /^(0(10|2\d)-?[2-9]\d{7}|0[3-9]\d{2}-?[2-9]\d{6,7})(-\d{1,6})?$/.test(number) ||
    /^[2-9]\d{6,7}$/.test(number)
  )
}
