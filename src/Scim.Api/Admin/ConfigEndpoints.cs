using System.Globalization;
using MediatR;
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
        admin.MapGet("/config", GetAsync);
        admin.MapPut("/config", PutAsync);
        admin.MapGet("/config/versions", ListAsync);
        admin.MapGet("/config/versions/{version}", GetVersionAsync);
        admin.MapPost("/config/versions/{version}/restore", RestoreAsync);
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
            new
            {
                settings.Version,
                found.Version.CreatedAt,
                found.Version.Actor,
                found.Version.RestoredFrom,
                settings = settings.Values,
                found.Against,
                found.Changes,
            }
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
        object answer = describe
            ? new
            {
                view.Version,
                settings = values,
                sources,
                descriptions = view.Settings.ToDictionary(
                    setting => setting.Setting.Name,
                    setting => Describe(setting.Setting)
                ),
            }
            : new
            {
                view.Version,
                settings = values,
                sources,
            };
        return AdminResults.Versioned(response, view.Version, answer);
    }

    private static object Describe(Setting setting) =>
        new
        {
            type = setting.Kind.ToString().ToLowerInvariant(),
            setting.Default,
            setting.Minimum,
            setting.Maximum,
            setting.PerTenant,
            setting.Description,
        };

    private static object Shape(SettingsVersion version) =>
        new
        {
            version.Settings.Version,
            version.CreatedAt,
            version.Actor,
            version.RestoredFrom,
        };

    private static Guid? TenantOf(HttpRequest request) =>
        request.Query.TryGetValue(TenantParameter, out var text) ? AdminResults.Id("Tenant", text!) : null;

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ScimError.NotFound("Version", text);
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
