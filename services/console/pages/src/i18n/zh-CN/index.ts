/** Chinese: the language of the pages. Every other language has the same keys. */
import admin from './admin'
import batches from './batches'
import cardPrints from './cardPrints'
import cards from './cards'
import common from './common'
import guardians from './guardians'
import importing from './importing'
import logs from './logs'
import overview from './overview'
import params from './params'
import readers from './readers'

export default { ...common, ...readers, ...importing, ...guardians, ...batches, ...cards, ...cardPrints, ...logs, ...params, ...overview, ...admin }
