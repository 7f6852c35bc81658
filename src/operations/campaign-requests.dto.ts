import { Type } from 'class-transformer';
import { IsIn, IsOptional } from 'class-validator';
import { CAMPAIGN_STATES, type CampaignState } from '../campaigns/campaign.js';
import { IsBoolean, IsIntegerFrom, IsObjectOf, IsOneOf, MayBeAbsent, Must } from './field-rules.js';
import { IsUnit } from './is-amount.js';
import { IsText } from './is-text.js';
import { DEFAULT_LIMIT, MAX_LIMIT, PageQuery } from './page.js';
import { isText, isTime, TIME } from './rule-fields.js';
import { RulesFields } from './rules.dto.js';
import { ReasonedRequest } from './reasoned-request.js';

const MAX_NAME_CHARS = 200;
const MAX_VERSION = 2 ** 31 - 1;

function IsCampaignName(): PropertyDecorator {
  return Must(`be a text of 1 to ${MAX_NAME_CHARS} characters`, (value) =>
    isText(value, MAX_NAME_CHARS),
  );
}

export class CampaignsQuery extends PageQuery {
  @IsOptional()
  @IsText(64)
  app?: string;

  @IsOptional()
  @IsIn(CAMPAIGN_STATES)
  state?: CampaignState;
}

export class VersionsQuery {
  @IsOptional()
  @Type(() => Number)
  @IsIntegerFrom(1, MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  /** The `nextCursor` of the page before. */
  @IsOptional()
  @Type(() => Number)
  @IsIntegerFrom(1, MAX_VERSION)
  cursor?: number;
}

export class NewCampaignRequest {
  /** May be left out where the caller has one app. */
  @MayBeAbsent()
  @IsText(64)
  app?: string;

  @IsCampaignName()
  name!: string;

  @MayBeAbsent()
  @IsUnit()
  unit?: string;

  @MayBeAbsent()
  @IsOneOf(['draft', 'live'])
  state?: 'draft' | 'live';

  @IsObjectOf(() => RulesFields)
  rules!: RulesFields;
}

export class RulesRequest extends ReasonedRequest {
  @MayBeAbsent()
  @IsCampaignName()
  name?: string;

  @IsObjectOf(() => RulesFields)
  rules!: RulesFields;

  /** The one that the caller looked at: nobody's change is lost by somebody else's. */
  @IsIntegerFrom(1, MAX_VERSION)
  version!: number;
}

export class StateRequest extends ReasonedRequest {
  @IsOneOf(CAMPAIGN_STATES)
  state!: CampaignState;
}

export class KillSwitchRequest extends ReasonedRequest {
  @IsBoolean()
  on!: boolean;
}

/** Rules to try, and over the shares of which period. */
export class SimulationRequest {
  @IsObjectOf(() => RulesFields)
  rules!: RulesFields;

  @Must(TIME, isTime)
  from!: string;

  @Must(TIME, isTime)
  to!: string;
}
