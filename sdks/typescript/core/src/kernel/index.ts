export * from './codec';
export * from './combine';
export * from './errors';
export * from './native';
export * from './object';
export * from './pack';
export * from './queue';
