// Somebody else's application in a process of its own that runs a relay, on the built package, and tells its parent what its
// handler hears.
import { connect } from 'node:net';
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OnShareEvent, SettlementModule } from '../../dist/index.js';

const { url, transport, kafka } = JSON.parse(process.argv[2]);

class Parent {
  hear(event) {
    // Handled once the parent's pipe has it: from then on killing this process loses nothing of it.
    return new Promise((resolve, reject) => {
      process.send(JSON.stringify(event), (error) => (error ? reject(error) : resolve()));
    });
  }
}
Injectable()(Parent);
const descriptor = Object.getOwnPropertyDescriptor(Parent.prototype, 'hear');
OnShareEvent({ types: '*', name: 'parent' })(Parent.prototype, 'hear', descriptor);

/** Whatever address the brokers give for themselves, the way to them is through the parent's proxy. */
function throughProxy({ brokers, proxyPort }) {
  const socketFactory = ({ onConnect }) =>
    connect({ port: proxyPort, host: '127.0.0.1' }, onConnect);
  return { brokers, socketFactory };
}

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, poolSize: 5, retryAttempts: 0 }),
    SettlementModule.forRoot({
      queue: { postgres: { url } },
      roles: ['relay'],
      eventTransports: [transport],
      ...(kafka && { kafka: throughProxy(kafka) }),
    }),
  ],
  providers: [Parent],
})(HostModule);

const app = await NestFactory.create(HostModule, {
  logger: ['warn', 'error'],
  abortOnError: false,
});
await app.init();
process.once('SIGTERM', () => void app.close().finally(() => process.exit(0)));
