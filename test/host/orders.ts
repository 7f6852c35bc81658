import { Body, Controller, Get, Post, Query, Req, type RawBodyRequest } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';

/** What the host's own route takes. */
export class OrderDto {
  @IsString()
  item!: string;

  @IsInt()
  quantity!: number;
}

/** A route of the host's own; it tells everything that the host's parsers and pipes made of a request. */
@Controller('orders')
export class OrdersController {
  @Post()
  create(@Body() order: OrderDto, @Req() request: RawBodyRequest<{ body?: unknown }>): object {
    return {
      order,
      isDto: order instanceof OrderDto,
      body: request.body,
      rawBody: request.rawBody?.toString('base64') ?? 'none',
    };
  }

  @Get()
  list(@Query() query: unknown): object {
    return { orders: [], query };
  }
}
