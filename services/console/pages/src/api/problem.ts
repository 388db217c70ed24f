/** What services say when they refuse (RFC 9457), and what is made of no answer at all. */

export interface FieldProblem {
  code: string
  detail: string
  field?: string | null
  row?: string | null
}

export interface Problem {
  status: number
  code: string
  title: string
  detail: string
  requestId: string
  errors: FieldProblem[]
}

/** Thrown by `unwrap`; status 0 when nobody answered. */
export class ApiProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}`)
    this.problem = problem
  }

  is(...codes: string[]): boolean {
    return codes.includes(this.problem.code)
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function fields(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is FieldProblem => typeof item === 'object' && item !== null && 'code' in item)
}

/** Any answer's body as a problem: services send problem details, a proxy in between may send anything. */
export function readProblem(status: number, body: unknown, headers?: Headers): Problem {
  const said = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  return {
    status,
    code: text(said.code) || (status === 0 ? 'no_connection' : 'unknown'),
    title: text(said.title),
    detail: text(said.detail),
    requestId: text(said.request_id) || headers?.get('x-request-id') || '',
    errors: fields(said.errors),
  }
}

export function noConnection(): ApiProblem {
  return new ApiProblem(readProblem(0, null))
}

/** The problem in whatever was thrown; null for a fault of the pages themselves. */
export function problemOf(error: unknown): Problem | null {
  return error instanceof ApiProblem ? error.problem : null
}
