using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Microsoft.OpenApi;
using Scim.Api.OpenApi;
using Scim.Application.Common;
using Scim.Application.Settings;
using Scim.Domain.Errors;

namespace Scim.Api.Admin;

/// <summary>Settings, of the installation or with <c>tenantId</c> of one tenant.</summary>
internal static class ConfigEndpoints
{
    private const string TenantParameter = "tenantId";

    public static void Map(IEndpointRouteBuilder admin)
    {
        const string OfTenant = "The settings of that tenant instead of those of the installation.";
        admin
            .MapGet("/config", GetAsync)
            .Describe("getConfig", "The settings that hold, and where each value is from")
            .QueryTenant(OfTenant)
            .Query("describe", "Also types, bounds and descriptions.", JsonSchemaType.Boolean)
            .Gives<ConfigAnswer>()
            .Versioned();
        admin
            .MapPut("/config", PutAsync)
            .Describe("updateConfig", "Changes the settings that are named; null takes the stored value away")
            .QueryTenant(OfTenant)
            .Takes<SettingValues>()
            .Gives<ConfigAnswer>()
            .Versioned(required: true);
        admin
            .MapGet("/config/versions", ListAsync)
            .Describe("listConfigVersions", "The versions of the stored settings, newest first")
            .QueryTenant(OfTenant)
            .Lists<ConfigVersion>();
        admin
            .MapGet("/config/versions/{version}", GetVersionAsync)
            .Describe("getConfigVersion", "The stored values of a version, and what it changed")
            .QueryTenant(OfTenant)
            .Query(
                "against",
                "The version to compare with; the one before if not given.",
                JsonSchemaType.Integer,
                "int64"
            )
            .Gives<ConfigVersionAnswer>()
            .Versioned();
        admin
            .MapPost("/config/versions/{version}/restore", RestoreAsync)
            .Describe("restoreConfig", "Stores the values of that version again, as a new one")
            .QueryTenant(OfTenant)
            .Gives<ConfigAnswer>()
            .Versioned();
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var describe = AdminQuery.Flag(context.Request, "describe");
        AdminQuery.Check(context.Request, TenantParameter, "describe");
        var view = await mediator.Send(new GetSettings(TenantOf(context.Request)), cancellationToken);
        return Show(context.Response, view, describe);
    }

    private static async Task<IResult> PutAsync(
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        AdminQuery.Check(context.Request, TenantParameter);
        var body = await AdminBody.ReadAsync<SettingValues>(context);
        var ifMatch =
            IfMatch.Parse(context.Request.Headers.IfMatch)
            ?? throw ScimError.Refused(
                StatusCodes.Status428PreconditionRequired,
                "precondition-required",
                "Send the version that you read in If-Match, so that nobody's change is lost."
            );
        var command = new UpdateSettings(TenantOf(context.Request), body.Settings!, ifMatch);
        return Show(context.Response, await mediator.Send(command, cancellationToken), describe: false);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request, TenantParameter);
        long? before = page.After == Guid.Empty ? null : AdminPage.PlaceOf(page.After);
        var query = new ListSettingsVersions(TenantOf(request), before, page.Wanted);
        var found = await mediator.Send(query, cancellationToken);
        return page.Show(request, found, version => AdminPage.CursorOf(version.Settings.Version), Shape);
    }

    private static async Task<IResult> GetVersionAsync(
        string version,
        HttpRequest request,
        HttpResponse response,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        AdminQuery.Check(request, TenantParameter, "against");
        long? against = request.Query.TryGetValue("against", out var text) ? Number(text!) : null;
        var query = new GetSettingsVersion(TenantOf(request), Number(version), against);
        var found = await mediator.Send(query, cancellationToken);
        var settings = found.Version.Settings;
        return AdminResults.Versioned(
            response,
            settings.Version,
            new ConfigVersionAnswer(
                settings.Version,
                found.Version.CreatedAt,
                found.Version.Actor,
                found.Version.RestoredFrom,
                settings.Values,
                found.Against,
                found.Changes
            )
        );
    }

    private static async Task<IResult> RestoreAsync(
        string version,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        AdminQuery.Check(context.Request, TenantParameter);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        var command = new RestoreSettings(TenantOf(context.Request), Number(version), ifMatch);
        return Show(context.Response, await mediator.Send(command, cancellationToken), describe: false);
    }

    private static IResult Show(HttpResponse response, SettingsView view, bool describe)
    {
        var values = view.Settings.ToDictionary(setting => setting.Setting.Name, setting => setting.Value);
        var sources = view.Settings.ToDictionary(setting => setting.Setting.Name, setting => setting.Source);
        var descriptions = describe
            ? view.Settings.ToDictionary(setting => setting.Setting.Name, setting => Describe(setting.Setting))
            : null;
        return AdminResults.Versioned(
            response,
            view.Version,
            new ConfigAnswer(view.Version, values, sources, descriptions)
        );
    }

    private static SettingDescription Describe(Setting setting) =>
        new(
            setting.Kind.ToString().ToLowerInvariant(),
            setting.Default,
            setting.Minimum,
            setting.Maximum,
            setting.PerTenant,
            setting.Description
        );

    private static ConfigVersion Shape(SettingsVersion version) =>
        new(version.Settings.Version, version.CreatedAt, version.Actor, version.RestoredFrom);

    private static Guid? TenantOf(HttpRequest request) =>
        request.Query.TryGetValue(TenantParameter, out var text) ? AdminResults.Id("Tenant", text!) : null;

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ScimError.NotFound("Version", text);

    /// <param name="Sources"><c>tenant</c>, <c>stored</c>, <c>environment</c> or <c>default</c>.</param>
    private sealed record ConfigAnswer(
        long Version,
        IReadOnlyDictionary<string, JsonElement> Settings,
        IReadOnlyDictionary<string, string> Sources,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
            IReadOnlyDictionary<string, SettingDescription>? Descriptions
    );

    private sealed record SettingDescription(
        string Type,
        JsonElement Default,
        decimal? Minimum,
        decimal? Maximum,
        bool PerTenant,
        string Description
    );

    private sealed record ConfigVersion(long Version, DateTimeOffset CreatedAt, string Actor, long? RestoredFrom);

    private sealed record ConfigVersionAnswer(
        long Version,
        DateTimeOffset CreatedAt,
        string Actor,
        long? RestoredFrom,
        IReadOnlyDictionary<string, JsonElement> Settings,
        long Against,
        IReadOnlyList<SettingChange> Changes
    );
}

/// <summary>Parameters of what is not a list, as strictly as those of lists.</summary>
internal static class AdminQuery
{
    /// <exception cref="ScimException">422 with every parameter that is none of them.</exception>
    public static void Check(HttpRequest request, params string[] known)
    {
        var errors = request
            .Query.Keys.Where(name => !known.Contains(name))
            .ToDictionary(
                name => name.Length <= 64 ? name : name[..64],
                string[] (_) => [$"is not a parameter of this request; it has {string.Join(", ", known)}"]
            );
        if (errors.Count > 0)
        {
            throw ScimError.Invalid(errors);
        }
    }

    /// <exception cref="ScimException">422 for anything but true and false.</exception>
    public static bool Flag(HttpRequest request, string name) =>
        (string?)request.Query[name] switch
        {
            null or "false" => false,
            "true" => true,
            _ => throw ScimError.Invalid(new Dictionary<string, string[]> { [name] = ["must be true or false"] }),
        };
}
