import { Type } from '@sinclair/typebox';
import { defineEvent } from './event-definition.js';
import { app, deliveryId, verdict } from './fields.js';

export const kakaoShareRecorded = defineEvent({
  type: 'kakao.share.recorded',
  version: 1,
  isAboutUser: true,
  summary:
    'A share on KakaoTalk was recorded and decided. Comes once for each share that was understood, whether it pays or not, and before ' +
    'the event that tells of its reward; once in the other app, too, where an operator moved the share to it. Count shares with it; what it ' +
    'earned is told by the reward events.',
  data: {
    deliveryId,
    app,
    verdict,
    roomHash: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Kakao’s hash of the chat room. Only for consumers that need it (the setting EVENT_ROOM_HASH), and absent once the person is erased.',
      }),
    ),
  },
  example: {
    deliveryId: '0192f0c1-7c5e-7a3b-9d51-3f6f0e2b8a10',
    app: 'default',
    verdict: 'rewarded',
  },
});
