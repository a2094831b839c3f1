namespace Scim.Domain.Schemas;

/// <summary>The schema documents that ship with the product (RFC 7643 §8.7, with the verified errata applied).</summary>
public static class BuiltInSchemas
{
    public static readonly SchemaDocument User = Load("User");

    public static readonly SchemaDocument EnterpriseUser = Load("EnterpriseUser");

    public static readonly SchemaDocument Group = Load("Group");

    public static readonly SchemaDocument ServiceProviderConfig = Load("ServiceProviderConfig");

    public static readonly SchemaDocument ResourceType = Load("ResourceType");

    public static readonly SchemaDocument Schema = Load("Schema");

    public static IReadOnlyList<SchemaDocument> All { get; } =
    [User, EnterpriseUser, Group, ServiceProviderConfig, ResourceType, Schema];

    private static SchemaDocument Load(string name)
    {
        using var stream =
            typeof(BuiltInSchemas).Assembly.GetManifestResourceStream($"Scim.Domain.Schemas.BuiltIn.{name}.json")
            ?? throw new InvalidOperationException($"The schema {name} is not embedded.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return SchemaDocument.Read(bytes);
    }
}
