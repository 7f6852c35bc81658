import { defineEvent } from './event-definition.js';
import { app, deliveryId, reasons } from './fields.js';

export const kakaoShareQuarantined = defineEvent({
  type: 'kakao.share.quarantined',
  version: 1,
  isAboutUser: false,
  summary:
    'A webhook of Kakao could not be understood and was put aside; it is kept, and pays nothing. About no user. Somebody should look at it: ' +
    'many of them mean that Kakao changed something, or that somebody has the admin key who should not.',
  data: { deliveryId, app, reasons },
  example: {
    deliveryId: '0192f0c1-8d02-7f44-8a3e-6c1d92e07b55',
    app: 'default',
    reasons: ['CHAT_TYPE is missing'],
  },
});
