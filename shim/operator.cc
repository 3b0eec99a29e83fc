// Calls any operator, ATen's or the project's: found by name, with arguments converted according to
// its schema.

#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <map>
#include <sstream>
#include <vector>

#include "internal.h"

namespace moebius {
namespace {

// Operators by name and overload; the index into `entries` plus one is the slot of the handle.
struct Registry {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, moe_operator> handles;
  // A deque, because callers hold references to entries while it grows.
  std::deque<c10::OperatorHandle> entries;
};

Registry& registry() {
  static auto* registry = new Registry();
  return *registry;
}

constexpr uint32_t kOperatorBits = static_cast<uint32_t>(MOE_OPERATOR) << 30;

const c10::OperatorHandle& operator_of(moe_operator handle) {
  if (handle == 0) invalid("operator is null");
  Registry& all = registry();
  std::lock_guard lock(all.mutex);
  const uint32_t slot = handle & ~kOperatorBits;
  if ((handle & 0xc0000000u) != kOperatorBits || slot == 0 || slot > all.entries.size()) {
    invalid("operator is not a handle of an operator");
  }
  return all.entries[slot - 1];
}

// ---- from values to IValues -----------------------------------------------------------------

struct Reader {
  const moe_value* next;
  const moe_value* end;
  const char* text;

  const moe_value& take() {
    if (next == end) too_short();
    return *next++;
  }

  [[noreturn]] static void too_short() { invalid("a list is longer than the values given for it"); }
};

[[noreturn]] void mismatch(const c10::Type& type, const moe_value& value) {
  static constexpr const char* kNames[] = {"nothing",   "null",       "a tensor", "a number",
                                           "a boolean", "an integer", "a string", "a list"};
  const char* name = value.tag <= MOE_VALUE_LIST ? kNames[value.tag] : "an unknown value";
  invalid("expected " + type.repr_str() + ", got " + name);
}

std::string_view string_of(const moe_value& value, const char* text) {
  if (text == nullptr) invalid("text is null");
  return {text + value.as.string, value.count};
}

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.16g", number);
  return text.data();
}

// Up to 2^53 a double represents every integer exactly.
constexpr double kMaxExactInteger = 9007199254740992.0;

bool is_exact_integer(double number) {
  return number >= -kMaxExactInteger && number <= kMaxExactInteger &&
         number == static_cast<double>(static_cast<int64_t>(number));
}

int64_t integer_of(const c10::Type& type, const moe_value& value) {
  if (value.tag == MOE_VALUE_INTEGER) return value.as.integer;
  if (value.tag != MOE_VALUE_NUMBER) mismatch(type, value);
  const double number = value.as.number;
  if (!is_exact_integer(number)) invalid("expected an integer, got " + number_text(number));
  return static_cast<int64_t>(number);
}

double double_of(const c10::Type& type, const moe_value& value) {
  if (value.tag == MOE_VALUE_NUMBER) return value.as.number;
  if (value.tag == MOE_VALUE_INTEGER) return static_cast<double>(value.as.integer);
  mismatch(type, value);
}

bool bool_of(const c10::Type& type, const moe_value& value) {
  if (value.tag != MOE_VALUE_BOOL) mismatch(type, value);
  return value.as.boolean != 0;
}

// A number without a fraction is an integer Scalar, so it does not promote int tensors (as in
// Python).
at::Scalar scalar_of(const c10::Type& type, const moe_value& value) {
  switch (value.tag) {
    case MOE_VALUE_BOOL:
      return at::Scalar(value.as.boolean != 0);
    case MOE_VALUE_INTEGER:
      return at::Scalar(value.as.integer);
    case MOE_VALUE_NUMBER: {
      const double number = value.as.number;
      return is_exact_integer(number) ? at::Scalar(static_cast<int64_t>(number))
                                      : at::Scalar(number);
    }
    default:
      mismatch(type, value);
  }
}

// A number passed for a tensor becomes PyTorch's "wrapped number", which takes the other operand's
// dtype and device.
at::Tensor tensor_of(const c10::Type& type, const moe_value& value) {
  if (value.tag == MOE_VALUE_TENSOR) return tensors().get(value.as.handle);
  if (value.tag != MOE_VALUE_NUMBER && value.tag != MOE_VALUE_BOOL &&
      value.tag != MOE_VALUE_INTEGER) {
    mismatch(type, value);
  }
  at::Tensor wrapped = c10::scalar_to_tensor(scalar_of(type, value));
  wrapped.unsafeGetTensorImpl()->set_wrapped_number(true);
  return wrapped;
}

int64_t named_integer(const c10::Type& type, std::string_view name) {
  if (type.kind() == c10::TypeKind::LayoutType) {
    if (name == "strided") return static_cast<int64_t>(at::kStrided);
    invalid("layout \"" + std::string(name) + "\" is not \"strided\"");
  }
  if (type.kind() == c10::TypeKind::MemoryFormatType) {
    if (name == "contiguous_format") return static_cast<int64_t>(at::MemoryFormat::Contiguous);
    if (name == "preserve_format") return static_cast<int64_t>(at::MemoryFormat::Preserve);
    invalid("memory format \"" + std::string(name) +
            "\" is not \"contiguous_format\" or \"preserve_format\"");
  }
  return static_cast<int64_t>(scalar_type(name));
}

// `type` is the schema's real type, which distinguishes dtype, layout and memory format from int.
c10::IValue value_of(const c10::Type& type, const moe_value& value, Reader& reader, int32_t length);

c10::IValue list_of(const c10::ListType& type, const moe_value& value, Reader& reader,
                    int32_t length) {
  const c10::Type& element = *type.getElementType();
  if (value.tag != MOE_VALUE_LIST) {
    // One number passed for `int[2]` is repeated.
    const size_t repeats = static_cast<size_t>(std::max(length, 1));
    switch (element.kind()) {
      case c10::TypeKind::FloatType:
        return c10::List<double>(std::vector<double>(repeats, double_of(type, value)));
      case c10::TypeKind::IntType:
      case c10::TypeKind::SymIntType:
        return c10::List<int64_t>(std::vector<int64_t>(repeats, integer_of(type, value)));
      default:
        mismatch(type, value);
    }
  }
  const uint32_t count = value.count;
  if (count > reader.end - reader.next) reader.too_short();
  switch (element.kind()) {
    case c10::TypeKind::TensorType: {
      c10::List<at::Tensor> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) list.push_back(tensor_of(element, reader.take()));
      return list;
    }
    case c10::TypeKind::OptionalType: {
      c10::List<std::optional<at::Tensor>> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) {
        const moe_value& item = reader.take();
        list.push_back(item.tag == MOE_VALUE_NONE ? std::optional<at::Tensor>()
                                                  : tensor_of(element, item));
      }
      return list;
    }
    case c10::TypeKind::FloatType: {
      c10::List<double> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) list.push_back(double_of(element, reader.take()));
      return list;
    }
    case c10::TypeKind::BoolType: {
      c10::List<bool> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) list.push_back(bool_of(element, reader.take()));
      return list;
    }
    case c10::TypeKind::NumberType: {
      c10::List<at::Scalar> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) list.push_back(scalar_of(element, reader.take()));
      return list;
    }
    default: {
      c10::List<int64_t> list;
      list.reserve(count);
      for (uint32_t i = 0; i < count; ++i) list.push_back(integer_of(element, reader.take()));
      return list;
    }
  }
}

c10::IValue value_of(const c10::Type& type, const moe_value& value, Reader& reader,
                     int32_t length) {
  switch (type.kind()) {
    case c10::TypeKind::OptionalType:
      if (value.tag == MOE_VALUE_NONE) return c10::IValue();
      return value_of(*type.expectRef<c10::OptionalType>().getElementType(), value, reader, length);
    case c10::TypeKind::TensorType:
      return tensor_of(type, value);
    case c10::TypeKind::ListType:
      return list_of(type.expectRef<c10::ListType>(), value, reader, length);
    case c10::TypeKind::NumberType:
      return scalar_of(type, value);
    case c10::TypeKind::FloatType:
      return double_of(type, value);
    case c10::TypeKind::BoolType:
      return bool_of(type, value);
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
      return integer_of(type, value);
    case c10::TypeKind::ScalarTypeType:
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType:
      if (value.tag != MOE_VALUE_STRING) mismatch(type, value);
      return named_integer(type, string_of(value, reader.text));
    case c10::TypeKind::StringType:
      if (value.tag != MOE_VALUE_STRING) mismatch(type, value);
      return std::string(string_of(value, reader.text));
    case c10::TypeKind::DeviceObjType:
      if (value.tag != MOE_VALUE_STRING) mismatch(type, value);
      return ready_device(string_of(value, reader.text));
    default:
      mismatch(type, value);
  }
}

void read_arguments(const c10::FunctionSchema& schema, Reader reader, torch::jit::Stack& stack) {
  for (const c10::Argument& argument : schema.arguments()) {
    const moe_value* value = reader.next == reader.end ? nullptr : reader.next++;
    if (value != nullptr && value->tag != MOE_VALUE_DEFAULT) {
      try {
        stack.push_back(value_of(*argument.real_type(), *value, reader, argument.N().value_or(0)));
      } catch (const Failure& failure) {
        throw Failure(failure.code, "argument " + argument.name() + ": " + failure.what());
      }
    } else if (argument.default_value()) {
      stack.push_back(*argument.default_value());
    } else if (argument.type()->kind() == c10::TypeKind::OptionalType) {
      stack.emplace_back();
    } else {
      invalid("argument " + argument.name() + " is missing");
    }
  }
  if (reader.next != reader.end) {
    invalid("more arguments than the " + std::to_string(schema.arguments().size()) +
            " of the schema");
  }
}

// ---- from IValues to values -----------------------------------------------------------------

struct Writer {
  moe_value* next;
  moe_value* end;

  moe_value& put(moe_value_tag tag, uint32_t count = 0) {
    if (next == end) invalid("the results do not fit the buffer given for them");
    *next = {};
    next->tag = tag;
    next->count = count;
    return *next++;
  }

  void tensor(const at::Tensor& tensor) {
    if (!tensor.defined()) {
      put(MOE_VALUE_NONE);
      return;
    }
    moe_value& value = put(MOE_VALUE_TENSOR);
    value.as.handle = tensors().insert(tensor);
  }

  void number(double number) { put(MOE_VALUE_NUMBER).as.number = number; }

  void value(const c10::IValue& value) {
    if (value.isTensor()) {
      tensor(value.toTensor());
    } else if (value.isNone()) {
      put(MOE_VALUE_NONE);
    } else if (value.isBool()) {
      put(MOE_VALUE_BOOL).as.boolean = value.toBool();
    } else if (value.isInt()) {
      number(static_cast<double>(value.toInt()));
    } else if (value.isDouble()) {
      number(value.toDouble());
    } else if (value.isList()) {
      const auto list = value.toListRef();
      put(MOE_VALUE_LIST, static_cast<uint32_t>(list.size()));
      for (const c10::IValue& item : list) this->value(item);
    } else if (value.isScalar()) {
      number(value.toScalar().toDouble());
    } else {
      unsupported("results of type " + value.tagKind() + " are not supported");
    }
  }
};

void free_results(moe_value* first, moe_value* end) {
  for (moe_value* value = first; value != end; ++value) {
    // The last value has no handle if adding it to the table threw.
    if (value->tag == MOE_VALUE_TENSOR && value->as.handle != 0) {
      tensors().release(value->as.handle);
    }
  }
}

// "aten::mm(float32[2, 3], float32[4, 5])": the call with the caller's arguments, for errors.
std::string describe_call(const c10::OperatorHandle& op, const moe_value* values, int32_t count) {
  std::string text = c10::toString(op.operator_name()) + "(";
  for (int32_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    const moe_value& value = values[i];
    switch (value.tag) {
      case MOE_VALUE_TENSOR:
        try {
          text += describe(tensors().get(value.as.handle));
        } catch (const Failure&) {
          text += "not a live tensor";
        }
        break;
      case MOE_VALUE_NUMBER:
        text += number_text(value.as.number);
        break;
      case MOE_VALUE_BOOL:
        text += value.as.boolean != 0 ? "true" : "false";
        break;
      case MOE_VALUE_LIST:
        text += "list of " + std::to_string(value.count);
        break;
      case MOE_VALUE_INTEGER:
        text += std::to_string(value.as.integer);
        break;
      default:
        text += value.tag == MOE_VALUE_NONE ? "null" : "_";
    }
    if (text.size() > 800) {
      text += ", ...";
      break;
    }
  }
  return text + ")";
}

std::string schema_text(const c10::OperatorHandle& op) {
  std::ostringstream text;
  text << op.schema();
  return text.str();
}

}  // namespace

int64_t operator_count() {
  std::lock_guard lock(registry().mutex);
  return static_cast<int64_t>(registry().entries.size());
}

}  // namespace moebius

using namespace moebius;

MOE_EXPORT moe_operator moe_operator_find(const char* name, const char* overload,
                                          moe_error* error) {
  return guarded<moe_operator>(error, "moe_operator_find", 0, [&] {
    const std::pair<std::string, std::string> key(required(name, "name"),
                                                  required(overload, "overload"));
    Registry& all = registry();
    std::lock_guard lock(all.mutex);
    auto [entry, fresh] = all.handles.try_emplace(key, 0);
    if (fresh) {
      auto found = c10::Dispatcher::singleton().findSchema({key.first.c_str(), key.second.c_str()});
      if (!found) {
        all.handles.erase(entry);
        invalid("operator \"" + key.first + (key.second.empty() ? "" : "." + key.second) +
                "\" does not exist in this libtorch");
      }
      all.entries.push_back(*found);
      entry->second = kOperatorBits | static_cast<uint32_t>(all.entries.size());
    }
    return entry->second;
  });
}

MOE_EXPORT int64_t moe_operator_schema(moe_operator op, char* text, int64_t capacity,
                                       moe_error* error) {
  return guarded<int64_t>(error, "moe_operator_schema", -1,
                          [&] { return copy_text(schema_text(operator_of(op)), text, capacity); });
}

MOE_EXPORT int64_t moe_operator_list(const char* name_space, char* text, int64_t capacity,
                                     moe_error* error) {
  return guarded<int64_t>(error, "moe_operator_list", -1, [&] {
    const std::string prefix = std::string(required(name_space, "name_space")) + "::";
    std::vector<std::string> schemas;
    for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) {
      if (!name.name.starts_with(prefix)) continue;
      if (auto op = c10::Dispatcher::singleton().findSchema(name)) {
        schemas.push_back(schema_text(*op));
      }
    }
    std::sort(schemas.begin(), schemas.end());
    std::string all;
    for (const std::string& schema : schemas) all += schema + "\n";
    return copy_text(all, text, capacity);
  });
}

MOE_EXPORT int32_t moe_call(moe_operator op, const moe_value* arguments, int32_t count,
                            const char* text, moe_value* results, int32_t capacity,
                            moe_error* error) {
  const c10::OperatorHandle* entry = nullptr;
  try {
    entry = &operator_of(op);
    if (count < 0 || capacity < 0) invalid("count and capacity must not be negative");
    if (count > 0) required(arguments, "arguments");
    if (capacity > 0) required(results, "results");
    torch::jit::Stack stack;
    read_arguments(entry->schema(), {arguments, arguments + count, text}, stack);
    entry->callBoxed(stack);
    if (capacity == 0) return 0;
    Writer writer{results, results + capacity};
    try {
      for (const c10::IValue& value : stack) writer.value(value);
    } catch (...) {
      free_results(results, writer.next);
      throw;
    }
    return static_cast<int32_t>(writer.next - results);
  } catch (...) {
    std::string context = "moe_call";
    try {
      if (entry != nullptr && count >= 0 && (count == 0 || arguments != nullptr)) {
        context = describe_call(*entry, arguments, count);
      }
    } catch (...) {
      // A failure to describe the call must not replace the actual error.
    }
    report(error, context);
    return -1;
  }
}
