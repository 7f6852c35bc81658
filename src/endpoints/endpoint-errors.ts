/** An endpoint that cannot be as it was asked for, each fault with the field it is in. */
export class EndpointRefusedError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINT_REFUSED';
  override readonly name = 'EndpointRefusedError';
  constructor(readonly faults: readonly string[]) {
    super(`The endpoint cannot be saved: ${faults.join('; ')}`);
  }
}

/** There is no such endpoint, or it was deleted. */
export class UnknownEndpointError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_ENDPOINT';
  override readonly name = 'UnknownEndpointError';
  constructor() {
    super('no such event endpoint: GET /v1/event-endpoints lists those that there are');
  }
}

/** More endpoints than an app can have. */
export class TooManyEndpointsError extends Error {
  readonly code = 'KAKAO_SHARE_TOO_MANY_ENDPOINTS';
  override readonly name = 'TooManyEndpointsError';
}

/** A change that the endpoint, as it stands now, does not allow. */
export class EndpointConflictError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINT_CONFLICT';
  override readonly name = 'EndpointConflictError';
}

/** Nobody would call an endpoint: signed webhooks are not set up here. */
export class EndpointsOffError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINTS_OFF';
  override readonly name = 'EndpointsOffError';
  constructor() {
    super(
      'Signed webhooks are not set up: name "webhooks" in EVENT_TRANSPORTS, and set EVENT_ENDPOINT_KEYS.',
    );
  }
}

/** The keys that secrets are derived from cannot be used as they were given. */
export class EndpointKeysError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINT_KEYS';
  override readonly name = 'EndpointKeysError';
}

/** The networks where endpoints may be cannot be used as they were given. */
export class EndpointNetworksError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINT_NETWORKS';
  override readonly name = 'EndpointNetworksError';
}

/** The endpoint's name leads where calls may not go. */
export class AddressRefusedError extends Error {
  readonly code = 'KAKAO_SHARE_ADDRESS_REFUSED';
  override readonly name = 'AddressRefusedError';
  constructor() {
    // Not which address: whoever may set a URL shall not map the network behind us with it.
    super(
      'the host is not one that may be called: https and a public address are needed, or a network of EVENT_ENDPOINT_NETWORKS',
    );
  }
}

/** The endpoint did not take the event; it comes again. */
export class EndpointFailedError extends Error {
  readonly code = 'KAKAO_SHARE_ENDPOINT_FAILED';
  override readonly name = 'EndpointFailedError';
}
