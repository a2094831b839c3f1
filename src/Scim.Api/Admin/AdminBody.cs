using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using Microsoft.AspNetCore.Http.Features;
using Scim.Api.Scim;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>
/// Reads a request strictly, and says everything that is wrong with it at once: unknown fields, values of the wrong type,
/// and what the validators of <c>T</c> object to in the rest.
/// </summary>
internal static class AdminBody
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = MaxDepth,
        AllowDuplicateProperties = false,
    };

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        // Of objects inside the body; what is unknown in the body itself is told by name.
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="ScimException">400 for what is no JSON object, 422 with every field that is wrong.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context)
        where T : class => await BindAsync<T>(context, Parse(await ReadBytesAsync(context)));

    /// <summary>The same for a request of which every field has a default: it may have no body at all.</summary>
    public static async Task<T> ReadOptionalAsync<T>(HttpContext context)
        where T : class =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false
            ? await BindAsync<T>(context, [])
            : await ReadAsync<T>(context);

    /// <summary>The body before its endpoint reads it; null where there is none.</summary>
    public static async Task<JsonObject?> PeekAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false)
        {
            return null;
        }

        var bytes = await ReadBytesAsync(context);
        context.Features.Set(new Peeked(bytes));
        return Parse(bytes);
    }

    private static ValueTask<ReadOnlyMemory<byte>> ReadBytesAsync(HttpContext context)
    {
        if (context.Features.Get<Peeked>() is { } peeked)
        {
            return new(peeked.Bytes);
        }

        var limits = context.RequestServices.GetRequiredService<DataPlaneLimits>();
        return ScimBody.ReadAsync(context, limits with { MaxBodyBytes = Math.Min(limits.MaxBodyBytes, MaxBytes) });
    }

    private static async Task<T> BindAsync<T>(HttpContext context, JsonObject body)
        where T : class
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var value = Bind<T>(body, errors);
        foreach (var validator in context.RequestServices.GetServices<IValidator<T>>())
        {
            var result = await validator.ValidateAsync(value, context.RequestAborted);
            foreach (var (name, reasons) in result.ToDictionary())
            {
                // What could not be read at all is not missing as well.
                errors.TryAdd(JsonNamingPolicy.CamelCase.ConvertName(name), reasons);
            }
        }

        return errors.Count == 0 ? value : throw ScimError.Invalid(errors);
    }

    private static JsonObject Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonNode.Parse(bytes.Span, documentOptions: Strict) as JsonObject
                ?? throw ScimError.InvalidSyntax("The body must be a JSON object.");
        }
        catch (JsonException)
        {
            // The parser's words quote the text, which may be a password.
            throw ScimError.InvalidSyntax("The body is no JSON, has a name twice, or nests too deep.");
        }
    }

    private static T Bind<T>(JsonObject body, SortedDictionary<string, string[]> errors)
    {
        // A record's parameters are what it is made of; its other properties are derived.
        var known = Options
            .GetTypeInfo(typeof(T))
            .Properties.Where(property => property.AssociatedParameter is not null)
            .ToDictionary(property => property.Name);
        foreach (var (name, value) in body.ToList())
        {
            if (!known.TryGetValue(name, out var property))
            {
                errors[Shorten(name)] = [$"is not a field of this request; it has {string.Join(", ", known.Keys)}"];
                body.Remove(name);
            }
            else if (!Fits(value, property.PropertyType))
            {
                errors[name] = [$"must be {Words(property.PropertyType)}"];
                body.Remove(name);
            }
        }

        return body.Deserialize<T>(Options)!;
    }

    private static bool Fits(JsonNode? value, Type type)
    {
        try
        {
            value.Deserialize(type, Options);
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private static string Words(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? "text"
            : plain == typeof(bool) ? "true or false"
            : plain == typeof(DateTimeOffset) ? "a time such as 2030-01-31T12:00:00Z"
            : plain == typeof(Guid) ? "an id"
            : plain == typeof(IReadOnlyList<Guid>) ? "a list of ids"
            : plain.IsPrimitive ? "a whole number"
            : plain == typeof(IReadOnlyDictionary<string, JsonElement>) ? "an object"
            : plain.IsAssignableTo(typeof(System.Collections.IEnumerable)) ? "a list of texts"
            : $"an object with {string.Join(", ", Options.GetTypeInfo(plain).Properties.Select(property => property.Name))}";
    }

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64];

    private sealed record Peeked(ReadOnlyMemory<byte> Bytes);
}
