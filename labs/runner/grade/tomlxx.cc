/* TOML by toml++: see toml.h.  Nothing but this conversion may be written in C++ here. */

#include <cstdint>
#include <cstdio>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <jansson.h>

namespace {

json_t *value_of(const toml::node &node);

/* A key as text: toml++ before version 3 has plain strings. */
template <typename key_type>
std::string
text_of(const key_type &key)
{
    if constexpr (std::is_convertible_v<const key_type &, std::string>) {
        return key;
    }
    else {
        return std::string(key.str());
    }
}

json_t *
object_of(const toml::table &table)
{
    json_t *object = json_object();
    for (const auto &[key, node] : table) {
        json_object_set_new(object, text_of(key).c_str(), value_of(node));
    }
    return object;
}

json_t *
array_of(const toml::array &array)
{
    json_t *list = json_array();
    for (const auto &node : array) {
        json_array_append_new(list, value_of(node));
    }
    return list;
}

/* NULL, which jansson's setters refuse, for a text that is no UTF-8: the whole is then found incomplete. */
json_t *
value_of(const toml::node &node)
{
    if (const auto *table = node.as_table()) {
        return object_of(*table);
    }
    if (const auto *array = node.as_array()) {
        return array_of(*array);
    }
    if (const auto *text = node.as_string()) {
        return json_stringn(text->get().data(), text->get().size());
    }
    if (const auto *number = node.as_integer()) {
        return json_integer(number->get());
    }
    if (const auto *number = node.as_floating_point()) {
        json_t *real = json_real(number->get());         // NULL: not finite, which JSON cannot say
        return real == nullptr ? json_null() : real;
    }
    if (const auto *truth = node.as_boolean()) {
        return json_boolean(truth->get());
    }
    std::ostringstream text;
    node.visit([&text](const auto &any) {
        if constexpr (toml::is_date<decltype(any)> || toml::is_time<decltype(any)> || toml::is_date_time<decltype(any)>) {
            text << any.get();
        }
    });
    return json_string(text.str().c_str());
}

}   // namespace

/* The object, or NULL with a sentence in `message`.  Called from toml.c alone. */
extern "C" json_t *
gbx_toml_convert(const char *text, size_t size, char *message, size_t room) noexcept
{
    try {
        toml::table table = toml::parse(std::string_view(text, size));
        return object_of(table);
    }
    catch (const toml::parse_error &error) {
        std::snprintf(message, room, "line %u: %s", static_cast<unsigned>(error.source().begin.line),
                      std::string(error.description()).c_str());
    }
    catch (...) {
        std::snprintf(message, room, "out of memory");
    }
    return nullptr;
}
