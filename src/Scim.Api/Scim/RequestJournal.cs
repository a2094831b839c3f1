using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Api.Scim;

/// <summary>
/// Journals what leaves no trace in a transaction: refused and failed writes with their own row, reads counted (design
/// section 3). Refused credentials are journalled by the authentication.
/// </summary>
internal sealed class RequestJournal(
    RequestDelegate next,
    IRefusalRecorder refusals,
    IReadRecorder reads,
    IOnboardingRecorder onboarding
)
{
    public async Task InvokeAsync(HttpContext context, RequestContext request)
    {
        if (request.Caller is null)
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
            Record(context, request, context.Response.StatusCode, "refused");
        }
        catch (ScimException exception)
        {
            Record(context, request, exception.Error.Status, exception.Error.ScimType ?? "refused");
            throw;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            throw;
        }
        catch (BadHttpRequestException exception)
        {
            Record(context, request, exception.StatusCode, "refused");
            throw;
        }
        catch
        {
            Record(context, request, StatusCodes.Status500InternalServerError, "error");
            throw;
        }
    }

    private void Record(HttpContext context, RequestContext request, int status, string reason)
    {
        var caller = request.Caller!;
        var (operation, type, id, isRead) = Describe(context.Request);
        if (isRead)
        {
            if (status < 400)
            {
                reads.Read(caller.TenantId, request.Actor, operation);
                if (type is not null)
                {
                    onboarding.Record(caller.TenantId, caller.ClientId, OnboardingStep.LookupAnswered);
                }
            }
        }
        else if (status >= 400)
        {
            refusals.Record(
                new Refusal(caller.TenantId, request.Actor, request.RequestId, operation, status, reason, type, id)
            );
        }
    }

    /// <summary><c>user.create</c>, <c>group.list</c>, …; the id only when it has the form of one.</summary>
    private static (string Operation, string? Type, string? Id, bool IsRead) Describe(HttpRequest request)
    {
        var segments = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries).AsSpan(1);
        var name = segments.Length > 1 ? segments[1].ToLowerInvariant() : "";
        var type = name switch
        {
            "users" => "User",
            "groups" => "Group",
            _ => null,
        };
        var id =
            segments.Length > 2 && Guid.TryParseExact(segments[2], "D", out var parsed) ? parsed.ToString("D") : null;
        var isSearch = name == ".search" || (segments.Length > 2 && segments[2] == ".search");
        var isRead = request.IsRead() || isSearch;
        var subject =
            type?.ToLowerInvariant()
            ?? (
                name is "bulk" ? "bulk"
                : name is "schemas" or "resourcetypes" or "serviceproviderconfig" ? "discovery"
                : "scim"
            );
        var verb = request.Method.ToUpperInvariant() switch
        {
            _ when isSearch => "list",
            "GET" or "HEAD" => segments.Length > 2 ? "read" : "list",
            "POST" => subject == "bulk" ? "run" : "create",
            "PUT" or "PATCH" => "update",
            "DELETE" => "delete",
            _ => "other",
        };
        return ($"{subject}.{verb}", type, id, isRead);
    }
}
