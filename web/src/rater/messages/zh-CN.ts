import code from '@shared/codes/zh-CN.json'
import shared from '@shared/messages/zh-CN.json'
import own from './zh-CN.json'
import { join } from '@shared/join'

export default join(join(shared, own), { code })
