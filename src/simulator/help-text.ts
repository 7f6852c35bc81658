import { ROOMS_PER_USER } from './room.js';

export const HELP_TEXT = `Sends what Kakao sends when people share, and checks the answers.

  npm run simulate -- [options]

Where to
  --url URL            webhook to send to (http://127.0.0.1:3000/webhooks/kakao/share)
  --allow-remote       let the URL be another machine
  --key-file FILE      file that holds the admin key
  --key KEY            the admin key; other users of this machine can see it in "ps"
                       Without both: KAKAO_ADMIN_KEY, KAKAO_ADMIN_KEYS (the first), or the key that
                       a development service has left in DATA_DIR (.data).

How much, how fast
  --count N            requests in all (100)
  --rate N             requests per second (20)
  --burst              as fast as answers come, instead of --rate
  --concurrency N      most requests under way at once (64)

What
  --seed TEXT          the same seed and options send the same requests; made up if not given
  --users N            people who share (100)
  --rooms N            a tap reaches 1 to N rooms, one webhook each (3, at most ${ROOMS_PER_USER})
  --method M           get, post or mixed (mixed)
  --encoding E         of POST: json, form or mixed (mixed)
  --paid %             with the fields for apps with paid usage (30)
  --repeats %          sent again, one to three times (5)
  --wrong-keys %       with a wrong or no key, to be answered 401 (2)
  --forged %           with the user id of somebody else (5)
  --argument NAME=TEXT one more custom parameter in every request; may be given again

Output
  --curl N             print request N as a curl line instead of sending; the key stays a variable
  --show-key           print the key itself in that line
  --json               the summary as JSON
  --no-progress        no progress bar
  --help

Exit code: 0 when every answer was as expected, 1 when not, 2 for bad usage.
`;
