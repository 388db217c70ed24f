/** Elements, made from names, properties and children; text is text, never HTML. */

export type Child = Node | string | null | false

type Properties = Record<string, string | number | boolean | null | ((event: Event) => void)>

/** `onclick: f` listens; `true` sets an attribute without a value; null and false leave it out. */
export function h(name: string, properties: Properties, ...children: Child[]): HTMLElement {
  const element = document.createElement(name)
  for (const key of Object.keys(properties)) {
    const value = properties[key]
    if (typeof value === 'function') element.addEventListener(key.slice(2), value)
    else if (value === true) element.setAttribute(key, '')
    else if (value !== null && value !== false && value !== undefined) element.setAttribute(key, String(value))
  }
  add(element, children)
  return element
}

export function add(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === false) continue
    element.appendChild(typeof child === 'string' ? document.createTextNode(child) : child)
  }
}

export function empty(element: Element): void {
  while (element.firstChild) element.removeChild(element.firstChild)
}

let last = 0

/** An id nobody else on the page has. */
export function newId(): string {
  last += 1
  return `f${last}`
}
