using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using FluentValidation.Validators;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scim.Api.Admin;

namespace Scim.Api.OpenApi;

/// <summary>
/// Says of a type what serialisation and validation really do with it. What has a validator is a body: its validator tells
/// what is required and within which bounds. Everything else is an answer, and has all its fields.
/// </summary>
internal sealed class SchemaDescriber : IOpenApiSchemaTransformer
{
    public async Task TransformAsync(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var type = context.JsonTypeInfo;
        if (type.Type == typeof(ShownOnce))
        {
            schema.Type = JsonSchemaType.String;
            schema.Description = "A secret, in this answer only.";
            return;
        }

        if (type.Kind != JsonTypeInfoKind.Object || schema.Properties is not { Count: > 0 } properties)
        {
            return;
        }

        await using var scope = context.ApplicationServices.CreateAsyncScope();
        List<IValidator> validators = [.. ValidatorsOf(type.Type, scope.ServiceProvider)];
        if (validators.Count == 0)
        {
            schema.Required = type
                .Properties.Where(IsAlwaysThere)
                .Select(property => property.Name)
                .ToHashSet(StringComparer.Ordinal);
            foreach (var property in type.Properties.Where(property => !property.IsGetNullable))
            {
                SetNull(properties, property.Name, mayBe: false);
            }

            if (
                type.Properties.Any(property =>
                    IsSecret(property) || property.PropertyType.GetProperties().Any(IsSecret)
                )
            )
            {
                properties["secretShown"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Boolean,
                    Description = "True in the answer of a repeat, which is without the secret.",
                };
            }

            return;
        }

        // A record's parameters are what it is made of; its other properties are derived.
        foreach (var derived in type.Properties.Where(property => property.AssociatedParameter is null))
        {
            properties.Remove(derived.Name);
        }

        schema.AdditionalPropertiesAllowed = false;
        schema.Required = await RequiredAsync(type, validators, cancellationToken);
        foreach (var name in properties.Keys)
        {
            SetNull(properties, name, mayBe: !schema.Required.Contains(name));
        }

        // Rules that a validator includes from another one have no member; they come with the base type's.
        foreach (
            var member in validators.SelectMany(validator => validator.CreateDescriptor().GetMembersWithValidators())
        )
        {
            if (
                member.Key is { } key
                && properties.TryGetValue(JsonNamingPolicy.CamelCase.ConvertName(key), out var property)
                && property is OpenApiSchema known
            )
            {
                foreach (var (rule, component) in member)
                {
                    Describe(known, rule, component.GetUnformattedErrorMessage());
                }
            }
        }
    }

    private static IEnumerable<IValidator> ValidatorsOf(Type? type, IServiceProvider services)
    {
        for (; type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var validator in services.GetServices(typeof(IValidator<>).MakeGenericType(type)))
            {
                yield return (IValidator)validator!;
            }
        }
    }

    private static bool IsSecret(JsonPropertyInfo property) => property.PropertyType == typeof(ShownOnce);

    private static bool IsSecret(PropertyInfo property) => property.PropertyType == typeof(ShownOnce);

    private static bool IsAlwaysThere(JsonPropertyInfo property) =>
        !property.IsExtensionData
        && !IsSecret(property)
        && property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) != true
        && property.AssociatedParameter?.HasDefaultValue != true;

    // What an empty body is refused for.
    private static async Task<HashSet<string>> RequiredAsync(
        JsonTypeInfo type,
        IEnumerable<IValidator> validators,
        CancellationToken cancellationToken
    )
    {
        var empty = JsonSerializer.Deserialize("{}"u8, type)!;
        var required = new HashSet<string>(StringComparer.Ordinal);
        foreach (var validator in validators)
        {
            var result = await validator.ValidateAsync(new ValidationContext<object>(empty), cancellationToken);
            required.UnionWith(
                result.Errors.Select(error => JsonNamingPolicy.CamelCase.ConvertName(error.PropertyName))
            );
        }

        return required;
    }

    private static void SetNull(IDictionary<string, IOpenApiSchema> properties, string name, bool mayBe)
    {
        if (properties.TryGetValue(name, out var found) && found is OpenApiSchema { Type: { } type } property)
        {
            property.Type = mayBe ? type | JsonSchemaType.Null : type & ~JsonSchemaType.Null;
        }
    }

    private static void Describe(OpenApiSchema property, IPropertyValidator rule, string message)
    {
        switch (rule)
        {
            case ILengthValidator { Max: > 0 } length:
                property.MaxLength = length.Max;
                break;
            case IBetweenValidator between:
                (property.Minimum, property.Maximum) = (between.From.ToString(), between.To.ToString());
                break;
            case IPredicateValidator when !message.Contains('{', StringComparison.Ordinal):
                property.Description = property.Description is null ? message : $"{property.Description}; {message}";
                break;
            default:
                break;
        }
    }
}
