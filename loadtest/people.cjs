// Artillery's hooks: an address for each person, and what happened, by phase and kind of request.
// Names are `phase.kind.what`; phases are told by the clock, from the first request on, with the lengths in PHASES.
'use strict';

const ends = [];
for (const seconds of (process.env.PHASES || '60,120,60').split(',')) {
  ends.push((ends.length ? ends[ends.length - 1] : 0) + 1000 * Number(seconds));
}
let began;

function phase(now) {
  began ??= now;
  const found = ends.findIndex((end) => now - began < end);
  return found < 0 ? ends.length : found + 1;
}

function kind(url) {
  if (url.includes('/api/auth/login')) return 'sign_in';
  return url.includes('/api/profile') ? 'profile' : 'browse';
}

function address() {
  return [10, 0, 0, 0].map((part) => part || Math.floor(Math.random() * 256)).join('.');
}

function leave(request, context, events, next) {
  const now = Date.now();
  context.vars.address ??= address();
  request.headers = { ...request.headers, 'x-forwarded-for': context.vars.address };
  context.vars.trip = { name: `${phase(now)}.${kind(request.url)}`, at: performance.now() };
  events.emit('counter', `${context.vars.trip.name}.sent`, 1);
  return next();
}

function arrive(request, response, context, events, next) {
  const { name, at } = context.vars.trip;
  const politely = response.statusCode === 503 && response.headers['retry-after'];
  const outcome = response.statusCode < 400 ? 'ok' : politely ? 'asked_to_wait' : `refused_${response.statusCode}`;
  events.emit('counter', `${name}.${outcome}`, 1);
  events.emit('histogram', `${name}.ms`, performance.now() - at);
  return next();
}

module.exports = { leave, arrive };
