/** English, for visitors and for whoever maintains this. Services speak Chinese: `codes` translates what they refuse. */
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
import codes from './codes'
import readers from './readers'

export default { ...common, ...readers, ...importing, ...guardians, ...batches, ...cards, ...cardPrints, ...logs, ...params, ...overview, ...admin, ...codes }
