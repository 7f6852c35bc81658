import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  NotFoundException,
  Options,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { IsString } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { statusOf } from '../intents/intent-status.js';
import { IntentStatusReader } from '../intents/intent-status-reader.js';
import { ShareIntents } from '../intents/share-intents.js';
import { ShareStatusLimits } from './share-status-limits.js';
import { ShareStatusStreams } from './share-status-streams.js';
import { clientOf, ShareStatusGuard, type PublicRequest } from './share-status.guard.js';

class StatusRequest {
  @IsString()
  token!: string;
}

/**
 * `/share-status`: lets a page ask how its share went, by its token alone. State and amount are all that is told, and whatever is
 * wrong with a token, the answer is the same.
 */
@Controller('share-status')
@UseGuards(ShareStatusGuard)
export class ShareStatusController {
  constructor(
    private readonly intents: ShareIntents,
    private readonly reader: IntentStatusReader,
    private readonly limits: ShareStatusLimits,
    private readonly streams: ShareStatusStreams,
  ) {}

  @Options()
  @HttpCode(204)
  preflight(): void {
    // The guard has said what there is to say.
  }

  @Post()
  async askInBody(
    @Body() { token }: StatusRequest,
    @Req() request: PublicRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    await this.answer(token, request, response);
  }

  @Get()
  async askInHeader(
    @Headers('x-share-intent') token: string | undefined,
    @Req() request: PublicRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    if (token === undefined)
      throw new BadRequestException('X-Share-Intent: must carry the token of a share intent');
    await this.answer(token, request, response);
  }

  private async answer(
    token: string,
    request: PublicRequest,
    response: ServerResponse,
  ): Promise<void> {
    const id = this.intents.identify(token);
    if (id === undefined) throw new NotFoundException('no such intent');
    this.limits.countIntent(id, response);
    if (wantsStream(request)) return this.streams.open(id, clientOf(request), response);
    const facts = await this.reader.read(id);
    if (facts === undefined) throw new NotFoundException('no such intent');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(statusOf(facts)));
  }
}

function wantsStream({ method, headers }: PublicRequest): boolean {
  return method !== 'HEAD' && /\btext\/event-stream\b/i.test(headers.accept ?? '');
}
