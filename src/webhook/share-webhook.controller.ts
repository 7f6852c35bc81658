import {
  applyDecorators,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  ServiceUnavailableException,
  UnauthorizedException,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { newId } from '../database/new-id.js';
import { Inbox, NotDurableError } from '../deliveries/inbox.js';
import { DoorTeller } from './door-teller.js';
import { Doorstep } from './doorstep.js';
import { KakaoAuthGuard, nodeRequestOf, type PlatformRequest } from './kakao-auth.guard.js';
import { Door } from './mount-doorstep.js';
import { readDelivery } from './read-delivery.js';

export const USER_PARAMETER = Symbol('kakao-share:user-parameter');

/** The answer to a webhook. Kakao looks at the status only; people and tests read the rest. */
export interface WebhookAnswer {
  readonly status: 'accepted' | 'duplicate' | 'quarantined';
  readonly deliveryId: string;
  /** What could not be understood, when quarantined. */
  readonly problems?: readonly { readonly field: string; readonly problem: string }[];
}

/** Makes the controller for one door; an application may have several. */
export function createShareWebhookController(
  door: symbol,
  path: string,
  decorators: readonly ClassDecorator[],
): Type {
  @applyDecorators(...decorators)
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(KakaoAuthGuard)
  class ShareWebhookController {
    constructor(
      private readonly doorstep: Doorstep,
      private readonly inbox: Inbox,
      private readonly teller: DoorTeller,
      @Inject(USER_PARAMETER) private readonly userParameter: string,
    ) {}

    @Get()
    @Door(door)
    async receiveGet(@Req() request: PlatformRequest): Promise<WebhookAnswer> {
      return this.receive(request);
    }

    @Post()
    @Door(door)
    @HttpCode(200)
    async receivePost(@Req() request: PlatformRequest): Promise<WebhookAnswer> {
      return this.receive(request);
    }

    private async receive(request: PlatformRequest): Promise<WebhookAnswer> {
      const arrival = this.doorstep.arrivalOf(nodeRequestOf(request));
      if (arrival === undefined) throw new UnauthorizedException();
      const { status, deliveryId, problems, place } = await this.accept(
        readDelivery(arrival, this.userParameter, newId()),
        arrival.arrivedAtMs,
      );
      this.teller.taken(arrival.app, status, place);
      return problems.length > 0 ? { status, deliveryId, problems } : { status, deliveryId };
    }

    private async accept(...taken: Parameters<Inbox['accept']>): ReturnType<Inbox['accept']> {
      try {
        return await this.inbox.accept(...taken);
      } catch (error) {
        if (error instanceof NotDurableError)
          throw new ServiceUnavailableException('nothing durable was left');
        throw error;
      }
    }
  }
  return ShareWebhookController;
}
