"""Messages of Protocol Buffers, of a type that is described at run time."""

import functools

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2
from serving import serve


@functools.cache
def order_type():
    """The type, made when it is first asked for."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    message = file.message_type.add(name="Order")
    kinds = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="id", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    message.field.add(name="amounts", number=2, type=kinds.TYPE_INT64, label=kinds.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


def use(number):
    order = order_type()(id=f"order-{number}", amounts=range(number, number + 5))
    again = order_type().FromString(order.SerializeToString())
    struct = struct_pb2.Struct()
    struct.update({"total": sum(again.amounts)})
    return {"order": json_format.MessageToDict(again), "struct": json_format.MessageToDict(struct)}


handler = serve(use)
