/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
#define NUMBER(name, member, most) \
	VALUE(name, member, .since = "1.0", \
	      .flags = FIELD_REQUIRED | FIELD_RANGED | FIELD_NARROWER, \
	      RANGE(0, most), .doc = name " number of the device")
#define WEIGHT(name, member, text) \
	VALUE(name, member, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER, \
	      RANGE(0, 1000), .doc = text)

#define OBJECT struct spec_weight_device
static const struct field weight_device_fields[] = {
	NUMBER("major", major, DEVICE_MAJOR_MAX),
	NUMBER("minor", minor, DEVICE_MINOR_MAX),
	WEIGHT("weight",     weight,      "10 to 1000"),
	WEIGHT("leafWeight", leaf_weight, "10 to 1000, against child cgroups (v1)"),
};
/* clang-format on */

/* 0 is how callers written in Go leave a weight unset. */
static int weight_check(const struct json *json, struct opt_u16 *weight, const char *name,
			struct error *err)
{
	weight->set = weight->set && weight->value > 0;
	if (!weight->set || weight->value >= 10)
		return 0;
	failf(err, EINVAL, "expected a weight from 10 to 1000, found %u", weight->value);
	return spec_error(json, name, err);
}

static int weights_check(const struct json *json, struct opt_u16 *weight,
			 struct opt_u16 *leaf_weight, struct error *err)
{
	int r = weight_check(json, weight, "weight", err);

	return r < 0 ? r : weight_check(json, leaf_weight, "leafWeight", err);
}

static int weight_device_check(void *object, struct error *err)
{
	struct spec_weight_device *d = object;

	if (!d->weight.set && !d->leaf_weight.set)
		return failf(err, EINVAL, "needs 'weight' or 'leafWeight'");
	return weights_check(d->json, &d->weight, &d->leaf_weight, err);
}

/* clang-format off */
SCHEMA(weight_device, weight_device_fields, .check = weight_device_check);
#undef OBJECT

#define OBJECT struct spec_throttle_device
static const struct field throttle_device_fields[] = {
	NUMBER("major", major, DEVICE_MAJOR_MAX),
	NUMBER("minor", minor, DEVICE_MINOR_MAX),
	VALUE("rate", rate, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_NARROWER,
	      .doc = "bytes or operations a second"),
};
SCHEMA(throttle_device, throttle_device_fields);
#undef OBJECT

#define THROTTLE(name, member, text) \
	ARRAY(name, member, throttle_device, .since = "1.0", .doc = text)

#define OBJECT struct spec_block_io
static const struct field block_io_fields[] = {
	WEIGHT("weight",     weight,      "10 to 1000"),
	WEIGHT("leafWeight", leaf_weight, "10 to 1000, against child cgroups (v1)"),
	ARRAY("weightDevice", weight_device, weight_device, .since = "1.0",
	      .doc = "weights by device"),
	THROTTLE("throttleReadBpsDevice",   throttle_read_bps_device,   "most bytes read a second"),
	THROTTLE("throttleWriteBpsDevice",  throttle_write_bps_device,
		  "most bytes written a second"),
	THROTTLE("throttleReadIOPSDevice",  throttle_read_iops_device,  "most reads a second"),
	THROTTLE("throttleWriteIOPSDevice", throttle_write_iops_device, "most writes a second"),
};
/* clang-format on */

static int block_io_check(void *object, struct error *err)
{
	struct spec_block_io *b = object;

	return weights_check(b->json, &b->weight, &b->leaf_weight, err);
}

/* clang-format off */
SCHEMA(block_io, block_io_fields, .check = block_io_check, .checks_parts = true);
#undef OBJECT
/* clang-format on */
