import { NetNode } from '@net-mesh/sdk';
import { endSubscriptionsAfter } from './glue.mjs';

endSubscriptionsAfter(1);
const node = await NetNode.create({ shards: 4 });

interface TemperatureReading {
sensor_id: string;
celsius: number;
timestamp: number;
}

const temps = node.channel<TemperatureReading>('sensors/temperature');

// Publish
temps.publish({ sensor_id: 'A1', celsius: 22.5, timestamp: Date.now() });

// Subscribe
for await (const reading of temps.subscribe()) {
console.log(`${reading.sensor_id}: ${reading.celsius}°C`);
}
