import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// For work on the pages: `npm run dev` beside a running schoolcard.
const backend = process.env.SC_ADDRESS ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue(), components({ resolvers: [ElementPlusResolver()], dirs: [], dts: 'src/components.d.ts' })],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'chrome100',
    assetsDir: 'assets',
    // The Content-Security-Policy allows no inline module and no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    emptyOutDir: true,
  },
  server: { proxy: { '/api': { target: backend } } },
})
