import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

/** Old web views know no module scripts: one plain script, run when the page is read. */
const plainScript: Plugin = {
  name: 'plain-script',
  enforce: 'post',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace(/<script type="module" crossorigin/g, '<script defer').replace(/ crossorigin/g, ''),
  },
}

// The guardians' pages: a build of its own, for phones with browsers of 2017 and without Element Plus or Vue.
export default defineConfig({
  plugins: [plainScript],
  publicDir: false,
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'chrome58',
    cssTarget: 'chrome58',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: false,
    // Split, styles would be put into the page by the script, which the Content-Security-Policy forbids.
    cssCodeSplit: false,
    emptyOutDir: false,
    rollupOptions: {
      input: fileURLToPath(new URL('./g.html', import.meta.url)),
      output: { format: 'iife' },
    },
  },
})
