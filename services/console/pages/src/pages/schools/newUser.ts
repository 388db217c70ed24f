/** A new user as typed, and first passwords that can be read out on the phone. */

export interface NewUser {
  username: string
  display_name: string
  password: string
}

export function emptyUser(): NewUser {
  return { username: '', display_name: '', password: '' }
}

export function isUserReady(user: NewUser): boolean {
  return /^[a-zA-Z][a-zA-Z0-9._-]{2,31}$/.test(user.username.trim()) && user.display_name.trim() !== '' && user.password.length >= 10
}

// Without what looks alike: no 0 o, 1 l i, 5 s, 2 z.
const SIGNS = 'abcdefghjkmnpqrtuvwxy346789'
const LENGTH = 14

/** 65 bits; each sign equally likely. */
export function firstPassword(): string {
  const largest = 256 - (256 % SIGNS.length)
  let password = ''
  while (password.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      if (byte < largest && password.length < LENGTH) password += SIGNS[byte % SIGNS.length]
    }
  }
  return password
}
