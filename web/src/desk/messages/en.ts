import code from '@shared/codes/en.json'
import shared from '@shared/messages/en.json'
import own from './en.json'
import { join } from '@shared/join'

export default join(join(shared, own), { code })
