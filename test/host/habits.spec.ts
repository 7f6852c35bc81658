import {
  Controller,
  Injectable,
  Post,
  SetMetadata,
  VersioningType,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, BaseExceptionFilter, NestFactory, Reflector, RouterModule } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { map, type Observable } from 'rxjs';
import { WebhookModule, WebhookPathError } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import {
  APPS,
  hostDataSource,
  listening,
  PATH,
  PLATFORMS,
  quietLogger,
  startHost,
  told,
  webhook,
  type Configure,
  type Host,
  type Platform,
} from './host.js';
import { OrdersController } from './orders.js';

const ACCEPTED = { http: 200, said: 'accepted' };
const Public = (): ClassDecorator => SetMetadata('isPublic', true);

@Injectable()
class RefuseAllButPublic implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean>('isPublic', [
      context.getHandler(),
      context.getClass(),
    ]);
  }
}

class WrapInData implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

class AllAreTeapots extends BaseExceptionFilter implements ExceptionFilter {
  override catch(_: unknown, host: ArgumentsHost): void {
    this.applicationRef?.reply(host.switchToHttp().getResponse(), { teapot: true }, 418);
  }
}

/** Looks like ours to whoever only compares ends. */
@Controller('legacy/webhooks/kakao/share')
class LegacyController {
  @Post()
  receive(): object {
    return { legacy: true };
  }
}

/** Shorter than ours once ours has a prefix. */
@Controller('w/webhooks/kakao/share')
class ShortController extends LegacyController {}

let db: TestDatabase;
let doorModule: ReturnType<typeof WebhookModule.forRoot>;

beforeAll(async () => {
  db = await createTestDatabase();
  doorModule = WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } } });
});
afterAll(async () => {
  await db.drop();
});

function moduleWith(metadata: ModuleMetadata = {}, door = doorModule): ModuleMetadata {
  return {
    controllers: [OrdersController],
    ...metadata,
    imports: [...(hostDataSource(db.url) ?? []), door, ...(metadata.imports ?? [])],
  };
}

async function withHost(
  platform: Platform,
  metadata: ModuleMetadata,
  configure: Configure,
  check: (host: Host) => Promise<void>,
): Promise<void> {
  const host = await startHost(platform, metadata, configure);
  try {
    await check(host);
  } finally {
    await host.close();
  }
}

describe.each(PLATFORMS)('on %s, a webhook arrives in a host', (platform) => {
  const idOf = (name: string): string => `${name} on ${platform}`;

  test('with a global prefix', async () => {
    await withHost(
      platform,
      moduleWith(),
      (app) => app.setGlobalPrefix('api'),
      async (host) => {
        const answer = await host.share(shareBy('a'), idOf('prefix'), { path: `/api${PATH}` });
        expect(told(answer)).toEqual(ACCEPTED);
        const broken = await host.send(
          webhook('{', idOf('prefix, broken'), { path: `/api${PATH}/` }),
        );
        expect(told(broken)).toEqual({ http: 200, said: 'quarantined' });
        expect((await host.send(webhook('{}', idOf('no prefix')))).status).toBe(404);
      },
    );
  });

  test('with a global prefix that leaves our path out', async () => {
    const leaveOut: Configure = (app) => app.setGlobalPrefix('api', { exclude: [PATH] });
    await withHost(platform, moduleWith(), leaveOut, async (host) => {
      expect(told(await host.share(shareBy('a'), idOf('left out')))).toEqual(ACCEPTED);
    });
  });

  test.each([
    { named: 'in the path', type: VersioningType.URI, defaultVersion: '1' } as const,
    {
      named: 'in a header',
      type: VersioningType.HEADER,
      header: 'X-Version',
      defaultVersion: '1',
    } as const,
    { named: 'in the media type', type: VersioningType.MEDIA_TYPE, key: 'v=' } as const,
  ])('with versions $named', async ({ named, ...versioning }) => {
    await withHost(
      platform,
      moduleWith(),
      (app) => app.enableVersioning(versioning),
      async (host) => {
        const answer = await host.share(shareBy('a'), idOf(`version ${named}`));
        expect(told(answer)).toEqual(ACCEPTED);
      },
    );
  });

  test('under a path of the router module, beside routes that end like ours', async () => {
    const metadata = moduleWith({
      imports: [RouterModule.register([{ path: 'partners', module: WebhookModule }])],
      controllers: [LegacyController, ShortController],
    });
    await withHost(
      platform,
      metadata,
      () => undefined,
      async (host) => {
        const ours = await host.share(shareBy('a'), idOf('partners'), { path: `/partners${PATH}` });
        expect(told(ours)).toEqual(ACCEPTED);
        for (const path of [`/legacy${PATH}`, `/w${PATH}`]) {
          const legacy = await host.send({ method: 'POST', url: path, headers: {}, body: '' });
          expect({ status: legacy.status, body: legacy.body }).toEqual({
            status: 201,
            body: '{"legacy":true}',
          });
        }
      },
    );
  });

  test('that adds headers, CORS and a reader of its own', async () => {
    const configure: Configure = (app) => {
      app.use(
        (
          _: unknown,
          response: { setHeader(name: string, value: string): void },
          next: () => void,
        ) => {
          response.setHeader('X-Frame-Options', 'DENY');
          next();
        },
      );
      app.enableCors({ origin: 'https://host.example' });
    };
    await withHost(platform, moduleWith(), configure, async (host) => {
      const answer = await host.share(shareBy('a'), idOf('helmet'));
      expect(told(answer)).toEqual(ACCEPTED);
      expect(answer.headers).toMatchObject({
        'x-frame-options': 'DENY',
        'access-control-allow-origin': 'https://host.example',
      });
    });
  });

  test('whose guard refuses everything that is not public', async () => {
    const guard = { provide: APP_GUARD, useClass: RefuseAllButPublic };
    const publicDoor = WebhookModule.forRoot({
      apps: APPS,
      queue: { postgres: { url: db.url } },
      controllerDecorators: [Public()],
    });
    await withHost(
      platform,
      moduleWith({ providers: [guard] }, publicDoor),
      () => undefined,
      async (host) => {
        expect(told(await host.share(shareBy('a'), idOf('public')))).toEqual(ACCEPTED);
        const wrong = await host.share(shareBy('a'), idOf('public, wrong'), { adminKey: 'wrong' });
        expect(wrong.status).toBe(401);
        expect((await host.send({ method: 'GET', url: '/orders', headers: {} })).status).toBe(403);
      },
    );
    // Without the decorator the host's guard has its way, after ours: nothing is stored.
    await withHost(
      platform,
      moduleWith({ providers: [guard] }),
      () => undefined,
      async (host) => {
        expect((await host.share(shareBy('a'), idOf('not public'))).status).toBe(403);
      },
    );
    const stored = await db.rows(
      'SELECT resource_id FROM kakao_share.delivery_keys WHERE resource_id LIKE $1',
      [`%public%on ${platform}`],
    );
    expect(stored).toEqual([{ resource_id: idOf('public') }]);
  });

  test('whose interceptor and filter dress all answers', async () => {
    const configure: Configure = (app) => {
      app.useGlobalInterceptors(new WrapInData());
      app.useGlobalFilters(new AllAreTeapots(app.getHttpAdapter()));
    };
    await withHost(platform, moduleWith(), configure, async (host) => {
      const answer = await host.share(shareBy('a'), idOf('dressed'));
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ data: { status: 'accepted' } });
      // What the door itself refuses stays as Kakao is to see it.
      expect((await host.share(shareBy('a'), idOf('x'), { adminKey: 'wrong' })).status).toBe(401);
      expect((await host.send({ method: 'GET', url: '/nothing', headers: {} })).status).toBe(418);
    });
  });

  test('made by a testing module', async () => {
    const testing = await Test.createTestingModule(moduleWith()).setLogger(quietLogger()).compile();
    const app: INestApplication =
      platform === 'fastify'
        ? testing.createNestApplication(new FastifyAdapter())
        : testing.createNestApplication({ rawBody: true });
    const host = await listening(app);
    expect(told(await host.share(shareBy('a'), idOf('testing')))).toEqual(ACCEPTED);
    expect(told(await host.send(webhook('{', idOf('testing, broken'))))).toMatchObject({
      said: 'quarantined',
    });
    await host.close();
  });

  test('never, when the path has parameters: the host does not start', async () => {
    const door = WebhookModule.forRoot({
      apps: APPS,
      queue: { postgres: { url: db.url } },
      path: ':tenant/kakao',
    });
    await expect(startHost(platform, moduleWith({}, door))).rejects.toThrow(WebhookPathError);
  });
});

test('a host without HTTP, a command or a worker, starts with the same modules', async () => {
  const context = await NestFactory.createApplicationContext(moduleWith(), {
    logger: quietLogger(),
    abortOnError: false,
  });
  await context.close();
  const testing = await Test.createTestingModule(moduleWith()).compile();
  await testing.init();
  await testing.close();
});
