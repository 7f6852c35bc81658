/** The delivery that the door's answer names. */
export function deliveryIdIn(answer: string): string {
  return (JSON.parse(answer) as { deliveryId: string }).deliveryId;
}
