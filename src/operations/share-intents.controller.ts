import {
  Body,
  Controller,
  Get,
  Headers,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Res,
  UseGuards,
} from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsUUID, Min, ValidateIf } from 'class-validator';
import type { ServerResponse } from 'node:http';
import type { IntentView } from '../intents/find-intent.js';
import { MAX_CONTENT_REF_CHARS } from '../intents/intent-request.js';
import { ShareIntents, type IssuedIntent } from '../intents/share-intents.js';
import type { ShareRequest } from '../intents/share-request.js';
import type { Caller } from './caller.js';
import { CONFIGURED_APPS, ownApp, type ConfiguredApps } from './configured-apps.js';
import { IsText } from './is-text.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';

class IssueRequest {
  /** Needed where several apps are configured. */
  @IsOptional()
  @IsText(64)
  app?: string;

  @IsText(256)
  userId!: string;

  @IsUUID()
  campaignId!: string;

  @ValidateIf(isGiven('contentRef'))
  @IsText(MAX_CONTENT_REF_CHARS)
  contentRef?: string;

  @ValidateIf(isGiven('expiresInMinutes'))
  @IsInt()
  @Min(1)
  expiresInMinutes?: number;

  /** As it was sent: the SDK's own object, in which no name may get lost. */
  @ValidateIf(isGiven('share'))
  @IsObject()
  @Transform(({ obj }: { obj: { share?: unknown } }) => obj.share)
  share?: ShareRequest;
}

/** Unlike `IsOptional` it takes no null for nothing. */
function isGiven(field: keyof IssueRequest): (request: IssueRequest) => boolean {
  return (request) => request[field] !== undefined;
}

/** `/v1/share-intents`: promises made before a share, and how they stand. */
@Controller('v1/share-intents')
@UseGuards(ManagementGuard)
export class ShareIntentsController {
  constructor(
    private readonly intents: ShareIntents,
    @Inject(CONFIGURED_APPS) private readonly configured: ConfiguredApps,
  ) {}

  /** Issues an intent: 201, or 200 where the same key asked for the same before. */
  @Post()
  @RequireScope('intents')
  async issue(
    @Body() request: IssueRequest,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<Omit<IssuedIntent, 'repeated'>> {
    const app = ownApp(request.app, this.configured, caller);
    const { userId, campaignId, contentRef, expiresInMinutes, share } = request;
    const { repeated, ...issued } = await this.intents.issue({
      ...{ app, userId, campaignId, contentRef, expiresInMinutes, share },
      idempotencyKey,
      issuedBy: caller.name,
    });
    response.statusCode = repeated ? HttpStatus.OK : HttpStatus.CREATED;
    return issued;
  }

  @Get(':id')
  @RequireScope('intents', 'read')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<IntentView> {
    const intent = await this.intents.find(id, caller.apps);
    if (intent === undefined) throw new NotFoundException('no such intent');
    return intent;
  }
}
