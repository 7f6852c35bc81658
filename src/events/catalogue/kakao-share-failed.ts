import { defineEvent } from './event-definition.js';
import { app, deliveryId, reasons } from './fields.js';

export const kakaoShareFailed = defineEvent({
  type: 'kakao.share.failed',
  version: 1,
  isAboutUser: false,
  summary:
    'A share could not be settled after every attempt; it is kept, and pays nothing until an operator replays it. About no user. Tell the ' +
    'operators: after a replay the same delivery has a kakao.share.recorded as well.',
  data: { deliveryId, app, reasons },
  example: {
    deliveryId: '0192f0c1-9b7a-7d10-b2c4-0e5a7c31f9d2',
    app: 'default',
    reasons: ['every worker that tried to settle it went down'],
  },
});
